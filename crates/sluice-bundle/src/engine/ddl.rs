//! Text of SQL statements: quoting, types, and which types can be widened in place.

use std::fmt;

/// A name part in backticks: `a`; a backtick inside is doubled.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Names in a list, each in backticks.
pub(crate) fn identifiers(names: &serde_json::Value) -> String {
    let names = names.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(|name| name.as_str()).map(identifier).collect();
    names.join(", ")
}

/// A full name, each part in backticks. Parts are separated by dots; a part that is in backticks already may hold dots.
pub(crate) fn full_name(name: &str) -> String {
    name_parts(name)
        .iter()
        .map(|part| identifier(part))
        .collect::<Vec<_>>()
        .join(".")
}

/// The parts of a full name without their backticks.
pub(crate) fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.len() - 1;
        match letter {
            '`' if quoted && letters.peek() == Some(&'`') => {
                parts[last].push('`');
                letters.next();
            }
            '`' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            other => parts[last].push(other),
        }
    }
    parts
}

/// A text literal. Backslashes and quotes are escaped by a backslash, as Databricks SQL reads them by default (doubling a quote would
/// end one literal and begin the next).
pub(crate) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for letter in text.chars() {
        match letter {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// The type of a column in the form in which Unity Catalog shows it: lower case, no spaces, one name per type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// A type without parameters, or one that this program does not look into.
    Plain(String),
    /// `decimal(precision,scale)`.
    Decimal(u8, u8),
    /// `array<item>`.
    Array(Box<ColumnType>),
    /// `map<key,value>`.
    Map(Box<ColumnType>, Box<ColumnType>),
    /// `struct<name:type,…>`.
    Struct(Vec<(String, ColumnType)>),
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => formatter.write_str(name),
            Self::Decimal(precision, scale) => write!(formatter, "decimal({precision},{scale})"),
            Self::Array(item) => write!(formatter, "array<{item}>"),
            Self::Map(key, value) => write!(formatter, "map<{key},{value}>"),
            Self::Struct(fields) => {
                formatter.write_str("struct<")?;
                for (index, (name, kind)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
                    let name = if plain { name.clone() } else { identifier(name) };
                    write!(formatter, "{comma}{name}:{kind}")?;
                }
                formatter.write_str(">")
            }
        }
    }
}

impl ColumnType {
    /// Reads a type as people and servers write it.
    ///
    /// # Errors
    /// What is wrong, as a fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            tokens: tokens(text),
            next: 0,
        };
        let parsed = reader.read()?;
        match reader.tokens.get(reader.next) {
            None => Ok(parsed),
            Some(token) => Err(format!("`{text}` is not a type: unexpected `{token}`")),
        }
    }

    /// Whether Delta can change a column of this type to the other in place, keeping every value.
    pub(crate) fn widens_to(&self, other: &Self) -> bool {
        let whole = |kind: &Self| match kind {
            Self::Plain(name) => ["tinyint", "smallint", "int", "bigint"]
                .iter()
                .position(|known| known == name),
            Self::Decimal(..) | Self::Array(_) | Self::Map(..) | Self::Struct(_) => None,
        };
        // Digits before the point that Delta asks for, by the position above.
        let digits = [10, 10, 10, 20];
        match (self, other) {
            (Self::Decimal(precision, scale), Self::Decimal(wider, finer)) => {
                finer >= scale && wider - finer.min(wider) >= precision - scale.min(precision) && self != other
            }
            (from, Self::Decimal(precision, scale)) => {
                whole(from).is_some_and(|from| precision.saturating_sub(*scale) >= digits[from])
            }
            (Self::Plain(from), Self::Plain(to)) => match (whole(self), whole(other)) {
                (Some(from), Some(to)) => from < to,
                (Some(from), None) => to == "double" && from < 3,
                (None, _) => matches!(
                    (from.as_str(), to.as_str()),
                    ("float", "double") | ("date", "timestamp_ntz")
                ),
            },
            _ => false,
        }
    }
}

/// Words, numbers, names in backticks and single signs.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            continue;
        }
        let mut token = String::from(letter);
        if letter == '`' {
            while let Some(inner) = letters.next() {
                token.push(inner);
                if inner == '`' && letters.next_if_eq(&'`').is_none() {
                    break;
                }
            }
        } else if letter.is_alphanumeric() || letter == '_' {
            while let Some(inner) = letters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                token.push(inner);
            }
        }
        tokens.push(token);
    }
    tokens
}

struct Reader {
    tokens: Vec<String>,
    next: usize,
}

impl Reader {
    fn take(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.next).cloned().ok_or("the type ends too early")?;
        self.next += 1;
        Ok(token)
    }

    fn skip(&mut self, sign: &str) -> bool {
        let found = self.tokens.get(self.next).is_some_and(|token| token == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.skip(sign) {
            return Ok(());
        }
        let found = self.tokens.get(self.next).map_or("the end", String::as_str);
        Err(format!("expected `{sign}` in the type, found `{found}`"))
    }

    fn read(&mut self) -> Result<ColumnType, String> {
        let word = self.take()?.to_lowercase();
        if !word.starts_with(char::is_alphabetic) {
            return Err(format!("`{word}` is not the name of a type"));
        }
        match word.as_str() {
            "array" => {
                self.expect("<")?;
                let item = self.read()?;
                self.expect(">")?;
                Ok(ColumnType::Array(Box::new(item)))
            }
            "map" => {
                self.expect("<")?;
                let key = self.read()?;
                self.expect(",")?;
                let value = self.read()?;
                self.expect(">")?;
                Ok(ColumnType::Map(Box::new(key), Box::new(value)))
            }
            "struct" => self.read_struct(),
            "decimal" | "dec" | "numeric" => self.read_decimal(),
            _ => self.read_plain(word),
        }
    }

    fn read_struct(&mut self) -> Result<ColumnType, String> {
        self.expect("<")?;
        let mut fields = Vec::new();
        while !self.skip(">") {
            if !fields.is_empty() {
                self.expect(",")?;
            }
            let name = self.take()?;
            let name = name_parts(&name).concat();
            self.skip(":");
            let kind = self.read()?;
            if let Some(word) = self.tokens.get(self.next).map(|token| token.to_lowercase())
                && matches!(word.as_str(), "not" | "comment")
            {
                return Err(format!(
                    "the struct field `{name}` has `{}`, which is not supported inside types",
                    word.to_uppercase()
                ));
            }
            fields.push((name, kind));
        }
        Ok(ColumnType::Struct(fields))
    }

    fn read_decimal(&mut self) -> Result<ColumnType, String> {
        if !self.skip("(") {
            return Ok(ColumnType::Decimal(10, 0));
        }
        let precision = self.number()?;
        let scale = if self.skip(",") { self.number()? } else { 0 };
        self.expect(")")?;
        if precision == 0 || precision > 38 || scale > precision {
            return Err(format!(
                "`decimal({precision},{scale})` is not a type: 1 to 38 digits, at most as many after the point"
            ));
        }
        Ok(ColumnType::Decimal(precision, scale))
    }

    fn number(&mut self) -> Result<u8, String> {
        let token = self.take()?;
        token
            .parse()
            .map_err(|_not_a_number| format!("expected a number of digits in the type, found `{token}`"))
    }

    /// A name that may have a length, such as `varchar(10)`; of several words for intervals and time zones.
    fn read_plain(&mut self, word: String) -> Result<ColumnType, String> {
        let mut name = match word.as_str() {
            "integer" => "int".to_owned(),
            "long" => "bigint".to_owned(),
            "short" => "smallint".to_owned(),
            "byte" => "tinyint".to_owned(),
            "real" => "float".to_owned(),
            "bool" => "boolean".to_owned(),
            "text" => "string".to_owned(),
            _ => word,
        };
        if self.skip("(") {
            let length = self.take()?;
            self.expect(")")?;
            name = format!("{name}({length})");
        }
        if name == "interval" {
            while let Some(word) = self
                .tokens
                .get(self.next)
                .filter(|token| token.starts_with(char::is_alphabetic))
            {
                name = format!("{name} {}", word.to_lowercase());
                self.next += 1;
            }
        }
        Ok(ColumnType::Plain(name))
    }
}

/// A query in the form in which two texts of it are compared: white space outside quotes as one space, no semicolon at the end.
pub(crate) fn comparable_query(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let mut quote = None;
    let mut escaped = false;
    for letter in text.trim().trim_end_matches(';').trim_end().chars() {
        match quote {
            Some(open) => {
                if letter == open && !escaped {
                    quote = None;
                }
                escaped = letter == '\\' && !escaped && open != '`';
                compact.push(letter);
            }
            None if letter.is_whitespace() => {
                if !compact.ends_with(' ') {
                    compact.push(' ');
                }
            }
            None => {
                if matches!(letter, '\'' | '"' | '`') {
                    quote = Some(letter);
                }
                compact.push(letter);
            }
        }
    }
    compact
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        ColumnType::parse(text).unwrap().to_string()
    }

    #[test]
    fn types_have_one_form() {
        for (text, expected) in [
            ("INTEGER", "int"),
            ("long", "bigint"),
            ("Decimal", "decimal(10,0)"),
            ("NUMERIC( 12 , 2 )", "decimal(12,2)"),
            ("dec(5)", "decimal(5,0)"),
            ("VarChar(10)", "varchar(10)"),
            ("timestamp_ntz", "timestamp_ntz"),
            (
                "struct< a : INT, `b c`: array<STRING> >",
                "struct<a:int,`b c`:array<string>>",
            ),
            ("MAP<string, struct<X: double>>", "map<string,struct<X:double>>"),
            ("interval day to second", "interval day to second"),
        ] {
            assert_eq!(canonical(text), expected);
            assert_eq!(canonical(expected), expected);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for (text, expected) in [
            ("array<int", "expected `>` in the type, found `the end`"),
            ("int int", "`int int` is not a type: unexpected `int`"),
            (
                "decimal(40,2)",
                "`decimal(40,2)` is not a type: 1 to 38 digits, at most as many after the point",
            ),
            (
                "struct<a:int not null>",
                "the struct field `a` has `NOT`, which is not supported inside types",
            ),
            ("", "the type ends too early"),
            ("'x'", "`'` is not the name of a type"),
        ] {
            assert_eq!(ColumnType::parse(text), Err(expected.to_owned()));
        }
    }

    #[test]
    fn only_types_that_keep_every_value_are_wider() {
        let widens = |from: &str, to: &str| {
            ColumnType::parse(from)
                .unwrap()
                .widens_to(&ColumnType::parse(to).unwrap())
        };
        for (from, to) in [
            ("tinyint", "smallint"),
            ("int", "bigint"),
            ("int", "double"),
            ("int", "decimal(10,0)"),
            ("bigint", "decimal(20,0)"),
            ("float", "double"),
            ("date", "timestamp_ntz"),
            ("decimal(10,2)", "decimal(12,4)"),
        ] {
            assert!(widens(from, to), "{from} → {to}");
            assert!(!widens(to, from), "{to} → {from}");
        }
        for (from, to) in [
            ("bigint", "double"),
            ("int", "decimal(9,0)"),
            ("decimal(10,2)", "decimal(10,4)"),
            ("decimal(10,2)", "decimal(10,2)"),
            ("string", "int"),
            ("array<int>", "array<bigint>"),
            ("int", "int"),
        ] {
            assert!(!widens(from, to), "{from} → {to}");
        }
    }

    #[test]
    fn queries_are_compared_without_layout() {
        assert_eq!(
            comparable_query("SELECT a,\n    'x  y' AS `b  c`\nFROM  t ;\n"),
            "SELECT a, 'x  y' AS `b  c` FROM t"
        );
        assert_ne!(comparable_query("SELECT 'a b'"), comparable_query("SELECT 'a  b'"));
    }

    /// The tokens of one statement as an independent parser reads them.
    fn parsed(text: &str) -> Vec<sqlparser::tokenizer::Token> {
        let dialect = sqlparser::dialect::DatabricksDialect {};
        sqlparser::tokenizer::Tokenizer::new(&dialect, text).tokenize().unwrap()
    }

    proptest! {
        #[test]
        fn any_text_is_one_literal_with_that_value(text in "\\PC*|[\\\\'\"`\n\r\t%;-]*") {
            use sqlparser::tokenizer::Token;
            prop_assert_eq!(parsed(&literal(&text)), vec![Token::SingleQuotedString(text)]);
        }

        #[test]
        fn any_name_is_one_identifier_with_that_value(name in "[^\u{0}]{1,12}") {
            use sqlparser::tokenizer::Token;
            let tokens = parsed(&identifier(&name));
            prop_assert!(matches!(&tokens[..], [Token::Word(word)] if word.value == name && word.quote_style == Some('`')));
            prop_assert_eq!(name_parts(&identifier(&name)), vec![name]);
        }
    }
}
