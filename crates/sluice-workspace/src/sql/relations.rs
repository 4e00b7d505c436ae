//! Finds what a query reads: tables, functions of the caller, names of columns that begin with a table's name.
//!
//! Pure. The rule is deny by default: a relation, table function or clause that is not known here makes the statement fail by name. Names of common
//! table expressions are followed by scope; when in doubt a name is a table, which the catalog then has to know.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    Expr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, Statement, TableFactor, TableVersion, Value, Visit, Visitor,
};
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::error::{parse_error, unsupported};
use super::projection;
use super::refusals;
use super::text::{Text, decode};
use crate::compute::StatementError;

/// A table, view or temporary view that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableUse {
    /// The tokens of the name.
    pub(super) range: Range<usize>,
    /// The parts of the name as written.
    pub(super) parts: Vec<String>,
    /// Where an alias has to be put so that qualified columns still resolve; none when the statement gives one.
    pub(super) alias_at: Option<usize>,
    /// The tokens that ask for an old version.
    pub(super) version: Option<Range<usize>>,
}

/// A call of a function about the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionCall {
    /// Lower case.
    pub(super) name: String,
    /// Its tokens.
    pub(super) range: Range<usize>,
    /// The group that `is_member` and the like ask about.
    pub(super) group: Option<String>,
}

/// Column names that begin with a schema or catalog: the tokens that have to go, and the table's name that they spell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QualifiedColumn {
    /// The tokens before the table's own name.
    pub(super) range: Range<usize>,
    /// The parts of the qualifier, table included.
    pub(super) qualifier: Vec<String>,
}

/// What a statement touches.
#[derive(Clone, Debug, Default)]
pub(super) struct Relations {
    /// Tables that are read.
    pub(super) reads: Vec<TableUse>,
    /// The table that is written by UPDATE, DELETE or MERGE.
    pub(super) target: Option<TableUse>,
    /// Columns qualified by more than a table.
    pub(super) qualified: Vec<QualifiedColumn>,
    /// Calls of functions about the session.
    pub(super) session_functions: Vec<SessionCall>,
    /// The tokens of unnamed columns of the outermost query, and their places.
    pub(super) unnamed: Vec<(usize, usize)>,
}

/// Table functions that compute from their arguments alone.
const TABLE_FUNCTIONS: [&str; 9] = [
    "range",
    "explode",
    "explode_outer",
    "posexplode",
    "posexplode_outer",
    "inline",
    "inline_outer",
    "stack",
    "json_tuple",
];
/// Functions that run code, read files or tell about them.
const REFUSED_FUNCTIONS: [&str; 12] = [
    "java_method",
    "reflect",
    "try_reflect",
    "input_file_name",
    "input_file_block_start",
    "input_file_block_length",
    "read_files",
    "from_avro",
    "to_avro",
    "from_protobuf",
    "to_protobuf",
    "identifier",
];
/// Functions whose answer depends on who asks and with which defaults; the engine does not know.
const SESSION_FUNCTIONS: [&str; 9] = [
    "current_user",
    "user",
    "session_user",
    "current_catalog",
    "current_database",
    "current_schema",
    "current_metastore",
    "is_member",
    "is_account_group_member",
];
/// Those of them that ask about a group.
const GROUP_FUNCTIONS: [&str; 2] = ["is_member", "is_account_group_member"];
/// Those of them that may stand without parentheses.
const SESSION_WORDS: [&str; 5] = [
    "current_user",
    "session_user",
    "current_catalog",
    "current_schema",
    "current_database",
];

/// Whether a word is a function about the session that stands without parentheses.
pub(super) fn is_session_word(name: &str) -> bool {
    SESSION_WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Parses a query that begins at a token.
pub(super) fn parse_query(text: &Text, start: usize) -> Result<Box<Query>, StatementError> {
    let mut parser = Parser::new(&DatabricksDialect {}).with_tokens_with_locations(text.from(start).for_parser());
    let query = parser.parse_query().map_err(|error| parse_error(error.to_string()))?;
    expect_end(&parser)?;
    Ok(query)
}

/// Parses a whole statement.
pub(super) fn parse_statement(text: &Text) -> Result<Statement, StatementError> {
    let mut parser = Parser::new(&DatabricksDialect {}).with_tokens_with_locations(text.for_parser());
    let statement = parser
        .parse_statement()
        .map_err(|error| parse_error(error.to_string()))?;
    expect_end(&parser)?;
    Ok(statement)
}

/// Parses an expression.
pub(super) fn parse_expression(text: &Text) -> Result<Expr, StatementError> {
    let mut parser = Parser::new(&DatabricksDialect {}).with_tokens_with_locations(text.for_parser());
    let expression = parser.parse_expr().map_err(|error| parse_error(error.to_string()))?;
    expect_end(&parser)?;
    Ok(expression)
}

fn expect_end(parser: &Parser<'_>) -> Result<(), StatementError> {
    match parser.peek_token().token {
        Token::EOF => Ok(()),
        other => Err(refusals::after_the_end(&other)),
    }
}

/// What a query touches.
pub(super) fn of_query(text: &Text, query: &Query) -> Result<Relations, StatementError> {
    let mut finder = Finder::new(text);
    finder.walk(query)?;
    if let SetExpr::Select(select) = query.body.as_ref() {
        finder.unnamed_columns(select);
    }
    Ok(finder.found)
}

/// What an expression touches; subqueries are not expected there.
pub(super) fn of_expression(text: &Text, expression: &Expr) -> Result<Relations, StatementError> {
    let mut finder = Finder::new(text);
    finder.walk(expression)?;
    Ok(finder.found)
}

/// What an UPDATE, DELETE or MERGE touches.
pub(super) fn of_change(text: &Text, statement: &Statement) -> Result<Relations, StatementError> {
    let target = match statement {
        Statement::Update(update) if update.from.is_none() && update.table.joins.is_empty() => &update.table.relation,
        Statement::Delete(delete) if delete.tables.is_empty() && delete.using.is_none() => {
            let tables = match &delete.from {
                sqlparser::ast::FromTable::WithFromKeyword(tables)
                | sqlparser::ast::FromTable::WithoutKeyword(tables) => tables,
            };
            match tables.as_slice() {
                [table] if table.joins.is_empty() => &table.relation,
                _ => return Err(unsupported("DELETE from several tables", "delete from one table")),
            }
        }
        Statement::Merge(merge) => &merge.table,
        _ => {
            return Err(unsupported(
                "this form of UPDATE or DELETE",
                "use `UPDATE t SET ... WHERE ...` or `DELETE FROM t WHERE ...`",
            ));
        }
    };
    let mut finder = Finder::new(text);
    finder.target = Some(std::ptr::from_ref(target));
    finder.walk(statement)?;
    if finder.found.target.is_none() {
        return Err(unsupported("this target of a change", "change a table by its name"));
    }
    Ok(finder.found)
}

struct Scope {
    query: *const Query,
    /// Names and bodies of the common table expressions, in order.
    names: Vec<(String, *const Query)>,
    /// How many of them the part being visited sees.
    visible: usize,
}

struct Finder<'a> {
    text: &'a Text,
    scopes: Vec<Scope>,
    target: Option<*const TableFactor>,
    /// Relations that were accounted for by their table factor.
    known: BTreeSet<*const ObjectName>,
    found: Relations,
}

impl<'a> Finder<'a> {
    fn new(text: &'a Text) -> Self {
        Self {
            text,
            scopes: Vec::new(),
            target: None,
            known: BTreeSet::new(),
            found: Relations::default(),
        }
    }

    fn walk(&mut self, node: &impl Visit) -> Result<(), StatementError> {
        match node.visit(self) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn is_cte(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| {
            scope.names[..scope.visible]
                .iter()
                .any(|(cte, _)| cte.eq_ignore_ascii_case(name))
        })
    }

    fn name(&self, name: &ObjectName) -> Result<(Range<usize>, Vec<String>), StatementError> {
        name_tokens(self.text, name)
    }

    fn token(&self, ident: &Ident) -> Result<usize, StatementError> {
        token_of(self.text, ident)
    }

    fn table(&mut self, factor: &TableFactor) -> Result<(), StatementError> {
        let TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } = factor
        else {
            return Ok(());
        };
        self.known.insert(std::ptr::from_ref(name));
        if !with_hints.is_empty()
            || *with_ordinality
            || !partitions.is_empty()
            || json_path.is_some()
            || !index_hints.is_empty()
        {
            return Err(unsupported(
                &format!("the clause after the table `{name}`"),
                "name the table alone",
            ));
        }
        if args.is_some() {
            return table_function(&name.to_string());
        }
        let (range, parts) = self.name(name)?;
        let is_target = self.target == Some(std::ptr::from_ref(factor));
        if !is_target && parts.len() == 1 && self.is_cte(&parts[0]) {
            return Ok(());
        }
        let version = match version {
            None => None,
            Some(version) => Some(range.end..self.after_version(version, range.end)?),
        };
        let after = version.as_ref().map_or(range.end, |version| version.end);
        let alias_at = (alias.is_none() && sample.is_none()).then_some(after);
        let table = TableUse {
            range,
            parts,
            alias_at,
            version,
        };
        if is_target {
            self.found.target = Some(table);
        } else {
            self.found.reads.push(table);
        }
        Ok(())
    }

    /// The token after `VERSION AS OF <literal>`.
    fn after_version(&self, version: &TableVersion, name_end: usize) -> Result<usize, StatementError> {
        let (TableVersion::VersionAsOf(Expr::Value(value)) | TableVersion::TimestampAsOf(Expr::Value(value))) = version
        else {
            return Err(unsupported(
                "this form of an old version",
                "use `VERSION AS OF <number>` or `TIMESTAMP AS OF '<time>'`",
            ));
        };
        if !matches!(value.value, Value::Number(..) | Value::SingleQuotedString(_)) {
            return Err(unsupported("this form of an old version", "use a literal"));
        }
        let mut end = name_end;
        for _ in 0..4 {
            end = self.text.significant(end).map_or(end, |index| index + 1);
        }
        Ok(end)
    }

    fn expression(&mut self, expression: &Expr) -> Result<(), StatementError> {
        match expression {
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase().replace('`', "");
                let last = name.rsplit('.').next().unwrap_or_default();
                if REFUSED_FUNCTIONS.contains(&last) {
                    return Err(unsupported(&format!("the function `{name}`"), "use another function"));
                }
                if SESSION_FUNCTIONS.contains(&name.as_str()) {
                    let (range, _) = self.name(&function.name)?;
                    let end = match &function.args {
                        FunctionArguments::None => range.end,
                        _ => self.closing(range.end)?,
                    };
                    let group = if GROUP_FUNCTIONS.contains(&name.as_str()) {
                        Some(self.group(&name, range.end..end)?)
                    } else {
                        None
                    };
                    let range = range.start..end;
                    self.found.session_functions.push(SessionCall { name, range, group });
                }
            }
            Expr::Identifier(ident) if ident.quote_style.is_none() && is_session_word(&ident.value) => {
                let token = self.token(ident)?;
                self.found.session_functions.push(SessionCall {
                    name: ident.value.to_lowercase(),
                    range: token..token + 1,
                    group: None,
                });
            }
            Expr::CompoundIdentifier(idents) if idents.len() > 2 => {
                // The longest qualifier first: catalog, schema, table.
                for count in [3, 2] {
                    if let (Some(first), Some(table)) = (idents.first(), idents.get(count - 1))
                        && idents.len() > count
                    {
                        let range = self.token(first)?..self.token(table)?;
                        let qualifier = idents[..count].iter().map(part_text).collect();
                        self.found.qualified.push(QualifiedColumn { range, qualifier });
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The one string between the parentheses of a function that asks about a group.
    fn group(&self, name: &str, range: Range<usize>) -> Result<String, StatementError> {
        let inside: Vec<&Token> = self.text.tokens()[range]
            .iter()
            .map(|token| &token.token)
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .collect();
        match inside.as_slice() {
            [
                Token::LParen,
                Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw),
                Token::RParen,
            ] => Ok(decode(raw)),
            _ => Err(unsupported(
                &format!("`{name}` with anything but one string"),
                "name the group: `is_account_group_member('analysts')`",
            )),
        }
    }

    fn closing(&self, from: usize) -> Result<usize, StatementError> {
        let close = (from..self.text.tokens().len()).find(|index| self.text.tokens()[*index].token == Token::RParen);
        close
            .map(|index| index + 1)
            .ok_or_else(|| parse_error("a parenthesis is not closed"))
    }

    fn unnamed_columns(&mut self, select: &Select) {
        let ranges = projection::columns(self.text, select).unwrap_or_default();
        for (place, (item, range)) in select.projection.iter().zip(ranges).enumerate() {
            if let SelectItem::UnnamedExpr(expression) = item
                && !matches!(expression, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
            {
                self.found.unnamed.push((place, range.end));
            }
        }
    }

    fn wildcards(&mut self, select: &Select) -> Result<(), StatementError> {
        for item in &select.projection {
            if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
                && name.0.len() > 1
            {
                let (range, qualifier) = self.name(name)?;
                self.found.qualified.push(QualifiedColumn {
                    range: range.start..range.end - 1,
                    qualifier,
                });
            }
        }
        Ok(())
    }
}

/// The tokens of a name, and its parts.
pub(super) fn name_tokens(text: &Text, name: &ObjectName) -> Result<(Range<usize>, Vec<String>), StatementError> {
    let mut idents = Vec::new();
    for part in &name.0 {
        match part {
            ObjectNamePart::Identifier(ident) => idents.push(ident),
            ObjectNamePart::Function(_) => return Err(unsupported("names made by a function", "write the name")),
        }
    }
    let (Some(first), Some(last)) = (idents.first(), idents.last()) else {
        return Err(parse_error("a table has no name"));
    };
    let range = token_of(text, first)?..token_of(text, last)? + 1;
    let parts = idents.iter().map(|ident| part_text(ident)).collect::<Vec<_>>();
    // `a.1b` and the like are read as one token by one reader and as two by another.
    let words = text.tokens()[range.clone()]
        .iter()
        .filter(|token| matches!(token.token, Token::Word(_)))
        .count();
    if words != parts.len() {
        return Err(unsupported(
            &format!("the name `{name}`"),
            "put parts of names that begin with a digit in backquotes",
        ));
    }
    Ok((range, parts))
}

fn token_of(text: &Text, ident: &Ident) -> Result<usize, StatementError> {
    let found = text.at(ident.span.start);
    found.ok_or_else(|| {
        StatementError::new(
            "INTERNAL_ERROR",
            "XX000",
            format!("the place of `{ident}` in the statement is unknown"),
        )
    })
}

fn table_function(name: &str) -> Result<(), StatementError> {
    if TABLE_FUNCTIONS.contains(&name.to_lowercase().replace('`', "").as_str()) {
        return Ok(());
    }
    Err(unsupported(
        &format!("the table function `{name}`"),
        "read files with `spark.read` in a task, tables by their names",
    ))
}

/// A part of a name without its quotes.
pub(super) fn part_text(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.replace("``", "`")
    } else {
        ident.value.clone()
    }
}

fn flow(result: Result<(), StatementError>) -> ControlFlow<StatementError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl Visitor for Finder<'_> {
    type Break = StatementError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<StatementError> {
        if let Err(error) = refusals::of_query(query) {
            return ControlFlow::Break(error);
        }
        let pointer = std::ptr::from_ref(query);
        // Inside the body of a common table expression only the earlier ones are visible.
        for scope in &mut self.scopes {
            if let Some(place) = scope.names.iter().position(|(_, body)| *body == pointer) {
                scope.visible = place;
            }
        }
        let names = match &query.with {
            Some(with) => with
                .cte_tables
                .iter()
                .map(|cte| (part_text(&cte.alias.name), std::ptr::from_ref(cte.query.as_ref())))
                .collect::<Vec<_>>(),
            None => Vec::new(),
        };
        let visible = names.len();
        self.scopes.push(Scope {
            query: pointer,
            names,
            visible,
        });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<StatementError> {
        let pointer = std::ptr::from_ref(query);
        while let Some(scope) = self.scopes.pop() {
            if scope.query == pointer {
                break;
            }
        }
        for scope in &mut self.scopes {
            if scope.names.iter().any(|(_, body)| *body == pointer) {
                scope.visible = scope.names.len();
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<StatementError> {
        flow(refusals::of_select(select).and_then(|()| self.wildcards(select)))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<StatementError> {
        match factor {
            TableFactor::Table { .. } => flow(self.table(factor)),
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            TableFactor::Function { name, .. } => flow(table_function(&name.to_string())),
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => ControlFlow::Break(unsupported(
                "PIVOT and UNPIVOT",
                "use aggregates with CASE, or UNION ALL",
            )),
            other => ControlFlow::Break(unsupported(
                &format!("the relation `{other}`"),
                "use tables, views and subqueries",
            )),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<StatementError> {
        // Every way to name a table goes through a table factor; anything else is a form that nobody has thought about.
        if self.known.contains(&std::ptr::from_ref(relation)) {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(unsupported(
            &format!("naming `{relation}` in this place"),
            "name tables in FROM and JOIN",
        ))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<StatementError> {
        flow(refusals::of_expression(expression).and_then(|()| self.expression(expression)))
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<StatementError> {
        match statement {
            // A query may hold one too, after WITH, where nobody would ask for the privilege to change.
            Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) if self.target.is_some() => {
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(unsupported(
                "a statement inside a statement",
                "send them one after the other",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(source: &str) -> Vec<String> {
        let relations =
            Text::read(source).and_then(|text| parse_query(&text, 0).and_then(|query| of_query(&text, &query)));
        match relations {
            Ok(relations) => relations.reads.iter().map(|table| table.parts.join(".")).collect(),
            Err(error) => vec![format!("{}: {}", error.condition.unwrap_or_default(), error.message)],
        }
    }

    #[test]
    fn tables_are_found_wherever_a_query_names_them() {
        assert_eq!(
            reads("SELECT * FROM a.b.c JOIN `x y`.d ON true, (SELECT 1 FROM e) s"),
            ["a.b.c", "x y.d", "e"]
        );
        assert_eq!(
            reads("SELECT (SELECT max(x) FROM a) FROM b WHERE x IN (SELECT x FROM c) AND EXISTS (SELECT 1 FROM d)"),
            ["a", "b", "c", "d"]
        );
        assert_eq!(
            reads("SELECT 1 FROM a UNION ALL (SELECT 2 FROM b ORDER BY (SELECT 1 FROM c))"),
            ["a", "b", "c"]
        );
        assert_eq!(reads("SELECT x DIV 2 FROM a"), ["a"]);
        assert_eq!(reads("VALUES ((SELECT 1 FROM a))"), ["a"]);
        assert_eq!(
            reads("SELECT * FROM range(3) r LATERAL VIEW explode(array(1)) e AS x"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn names_of_common_table_expressions_hide_tables_only_in_their_scope() {
        assert_eq!(reads("WITH t AS (SELECT * FROM t) SELECT * FROM t"), ["t"]);
        assert_eq!(
            reads("WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a, b, s.a"),
            ["b", "s.a"]
        );
        assert_eq!(
            reads("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) x, t"),
            ["t"]
        );
        assert_eq!(
            reads("WITH t AS (SELECT 1) SELECT (SELECT 1 FROM T) FROM (SELECT * FROM t)"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_nobody_thought_about_is_refused_by_name() {
        for source in [
            "SELECT * FROM read_files('/etc')",
            "SELECT * FROM TABLE(f())",
            "SELECT input_file_name() FROM a",
            "SELECT java_method('a', 'b')",
            "SELECT * FROM IDENTIFIER('a')",
            "SELECT * FROM a PIVOT (sum(x) FOR y IN ('a'))",
            "WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a",
            "SELECT * INTO b FROM a",
            "FROM a |> SELECT x",
            "INSERT INTO a SELECT 1",
            "SELECT * FROM a VERSION AS OF (1 + 1)",
            "WITH x AS (SELECT 1) DELETE FROM a",
            "WITH x AS (SELECT 1) UPDATE a SET b = 1",
            "WITH x AS (SELECT 1) INSERT INTO a SELECT 1",
        ] {
            let found = reads(source);
            let refused = found.len() == 1
                && ["UNSUPPORTED_FEATURE: ", "PARSE_SYNTAX_ERROR: "]
                    .iter()
                    .any(|start| found[0].starts_with(start));
            assert!(refused, "{source}: {found:?}");
        }
    }
}
