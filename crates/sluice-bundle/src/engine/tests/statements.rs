//! Test data: how the model of a workspace executes the statements that make and change tables and views. Reads tokens with
//! `sqlparser`, so that quoting is judged by somebody else.

use serde_json::{Value, json};
use sqlparser::dialect::DatabricksDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::workspace::Workspace;

struct Statement {
    tokens: Vec<Token>,
    next: usize,
}

impl Statement {
    fn new(sql: &str) -> Self {
        let tokens = Tokenizer::new(&DatabricksDialect {}, sql).tokenize().unwrap();
        let tokens = tokens
            .into_iter()
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .collect();
        Self { tokens, next: 0 }
    }

    fn peek(&self) -> Option<String> {
        Some(match self.tokens.get(self.next)? {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_uppercase(),
            other => other.to_string(),
        })
    }

    /// Skips these words or signs when they come next.
    fn skip(&mut self, words: &str) -> bool {
        let start = self.next;
        for word in words.split(' ') {
            if self.peek().as_deref() != Some(word) {
                self.next = start;
                return false;
            }
            self.next += 1;
        }
        true
    }

    fn expect(&mut self, words: &str) {
        assert!(
            self.skip(words),
            "expected {words}, found {:?}",
            &self.tokens[self.next..]
        );
    }

    fn identifier(&mut self) -> String {
        self.next += 1;
        match &self.tokens[self.next - 1] {
            Token::Word(word) if word.quote_style == Some('`') => word.value.clone(),
            other => panic!("expected a quoted name, found {other}"),
        }
    }

    fn full_name(&mut self) -> String {
        let mut parts = vec![self.identifier()];
        while self.skip(".") {
            parts.push(self.identifier());
        }
        parts.join(".")
    }

    fn literal(&mut self) -> String {
        self.next += 1;
        match &self.tokens[self.next - 1] {
            Token::SingleQuotedString(text) => text.clone(),
            other => panic!("expected a text, found {other}"),
        }
    }

    fn comment(&mut self) -> Option<String> {
        self.skip("COMMENT").then(|| self.literal())
    }

    fn properties(&mut self) -> serde_json::Map<String, Value> {
        self.expect("TBLPROPERTIES (");
        let mut properties = serde_json::Map::new();
        loop {
            let name = self.literal();
            self.expect("=");
            properties.insert(name, json!(self.literal()));
            if !self.skip(",") {
                self.expect(")");
                return properties;
            }
        }
    }

    fn column(&mut self) -> Value {
        let name = self.identifier();
        let mut kind = String::new();
        let mut depth = 0;
        while let Some(token) = self.peek() {
            let ends = matches!(token.as_str(), "," | ")" | "NOT" | "COMMENT" | "FIRST" | "AFTER");
            if depth == 0 && ends {
                break;
            }
            depth += match token.as_str() {
                "<" | "(" => 1,
                ">" | ")" => -1,
                ">>" => -2,
                _ => 0,
            };
            kind.push_str(&self.tokens[self.next].to_string());
            self.next += 1;
        }
        let nullable = !self.skip("NOT NULL");
        let mut column = json!({"name": name, "type_text": kind, "type_name": "SOMETHING", "nullable": nullable});
        if let Some(comment) = self.comment() {
            column["comment"] = json!(comment);
        }
        column
    }

    fn names(&mut self) -> Vec<String> {
        self.expect("(");
        let mut names = vec![self.identifier()];
        while self.skip(",") {
            names.push(self.identifier());
        }
        self.expect(")");
        names
    }

    fn rest(&self) -> bool {
        self.next < self.tokens.len()
    }
}

impl Workspace {
    /// Executes one statement; the message of the failure when it fails.
    pub(super) fn execute(&mut self, sql: &str) -> Result<(), String> {
        let mut statement = Statement::new(sql);
        if statement.skip("CREATE OR REPLACE FUNCTION") {
            return self.create_function(&mut statement, sql, true);
        } else if statement.skip("CREATE FUNCTION") {
            return self.create_function(&mut statement, sql, false);
        } else if statement.skip("DROP FUNCTION IF EXISTS") {
            let name = statement.full_name();
            if self.uses_function(&name) {
                return Err(format!("`{name}` masks a column or filters rows"));
            }
            self.functions.remove(&name);
        } else if statement.skip("CREATE TABLE") {
            self.create_table(&mut statement)?;
        } else if statement.skip("CREATE VIEW") {
            return self.create_view(&mut statement, sql);
        } else if statement.skip("ALTER TABLE") || statement.skip("ALTER VIEW") {
            let name = statement.full_name();
            let Some(mut table) = self.tables.get(&name).cloned() else {
                return Err(format!("`{name}` does not exist"));
            };
            if statement.skip("AS") {
                table["view_definition"] = json!(sql.split_once(" AS ").unwrap().1);
                statement.next = statement.tokens.len();
            } else {
                self.knows_functions_of(sql)?;
                alter(&mut statement, &mut table)?;
            }
            self.tables.insert(name, table);
        } else if statement.skip("COMMENT ON TABLE") {
            let name = statement.full_name();
            statement.expect("IS");
            let comment = if statement.skip("NULL") {
                Value::Null
            } else {
                json!(statement.literal())
            };
            self.tables.get_mut(&name).unwrap()["comment"] = comment;
        } else if statement.skip("DROP TABLE IF EXISTS") || statement.skip("DROP VIEW IF EXISTS") {
            let name = statement.full_name();
            self.tables.remove(&name);
            let inside = format!("{name}.");
            self.tags.retain(|entity, _| {
                let (_, other) = entity.split_once('/').unwrap();
                other != name && !other.starts_with(&inside)
            });
        } else {
            panic!("the model does not execute {sql}");
        }
        assert!(!statement.rest(), "the model does not read the end of {sql}");
        Ok(())
    }

    /// Masks and row filters name functions that exist.
    fn knows_functions_of(&self, sql: &str) -> Result<(), String> {
        for words in [" SET MASK ", " SET ROW FILTER "] {
            if let Some((_, rest)) = sql.split_once(words) {
                let name = Statement::new(rest).full_name();
                if !self.functions.contains_key(&name) {
                    return Err(format!("the function `{name}` does not exist"));
                }
            }
        }
        Ok(())
    }

    fn uses_function(&self, name: &str) -> bool {
        self.tables.values().any(|table| {
            let columns = table["columns"].as_array().into_iter().flatten();
            let mut masks = columns.filter_map(|column| column.pointer("/mask/function_name"));
            masks.any(|mask| mask == name)
                || table
                    .pointer("/row_filter/function_name")
                    .is_some_and(|used| used == name)
        })
    }

    fn create_function(&mut self, statement: &mut Statement, sql: &str, replace: bool) -> Result<(), String> {
        let name = statement.full_name();
        statement.expect("(");
        let mut parameters = Vec::new();
        while !statement.skip(")") {
            let mut parameter = statement.column();
            parameter["position"] = json!(parameters.len());
            parameters.push(parameter);
            statement.skip(",");
        }
        statement.expect("RETURNS");
        let mut returns = String::new();
        while !matches!(
            statement.peek().as_deref(),
            Some("DETERMINISTIC" | "NOT" | "COMMENT" | "RETURN")
        ) {
            returns.push_str(&statement.tokens[statement.next].to_string());
            statement.next += 1;
        }
        let deterministic = !statement.skip("NOT DETERMINISTIC") && statement.skip("DETERMINISTIC");
        let comment = statement.comment();
        statement.expect("RETURN");
        let existing = self.functions.get(&name);
        match existing {
            Some(_) if !replace => return Err(format!("`{name}` already exists")),
            Some(existing) => {
                let types = |parameters: &Value| -> Vec<Value> {
                    let list = parameters.as_array().into_iter().flatten();
                    list.map(|parameter| parameter["type_text"].clone()).collect()
                };
                if types(&existing["input_params"]["parameters"]) != types(&json!(parameters)) {
                    return Err(format!("`{name}` has another signature"));
                }
            }
            None => {}
        }
        let function = json!({
            "full_name": name, "input_params": {"parameters": parameters}, "full_data_type": returns.to_uppercase(),
            "data_type": "STRING", "routine_body": "SQL", "routine_definition": sql.split_once(" RETURN ").unwrap().1,
            "is_deterministic": deterministic, "comment": comment, "owner": "deployer",
        });
        self.functions.insert(name, function);
        Ok(())
    }

    fn create_table(&mut self, statement: &mut Statement) -> Result<(), String> {
        let name = statement.full_name();
        if self.tables.contains_key(&name) {
            return Err(format!("`{name}` already exists"));
        }
        statement.expect("(");
        let mut columns = Vec::new();
        let mut table = json!({"full_name": name, "table_type": "MANAGED", "owner": "deployer"});
        loop {
            if statement.skip("CONSTRAINT") {
                constraint(statement, &mut table)?;
            } else {
                columns.push(statement.column());
            }
            if !statement.skip(",") {
                break;
            }
        }
        statement.expect(") USING DELTA");
        table["columns"] = Value::Array(columns);
        renumber(&mut table);
        if let Some(comment) = statement.comment() {
            table["comment"] = json!(comment);
        }
        let mut properties = statement.properties();
        properties.insert("delta.lastCommitTimestamp".to_owned(), json!("1700000000000"));
        table["properties"] = Value::Object(properties);
        self.tables.insert(name, table);
        Ok(())
    }

    fn create_view(&mut self, statement: &mut Statement, sql: &str) -> Result<(), String> {
        let name = statement.full_name();
        if self.tables.contains_key(&name) {
            return Err(format!("`{name}` already exists"));
        }
        let mut view = json!({"full_name": name, "table_type": "VIEW", "columns": [{"name": "x", "type_text": "int"}]});
        if statement.skip("(") {
            let mut columns = Vec::new();
            loop {
                let mut column = json!({"name": statement.identifier(), "type_text": "int"});
                if let Some(comment) = statement.comment() {
                    column["comment"] = json!(comment);
                }
                columns.push(column);
                if !statement.skip(",") {
                    break;
                }
            }
            statement.expect(")");
            view["columns"] = Value::Array(columns);
        }
        if let Some(comment) = statement.comment() {
            view["comment"] = json!(comment);
        }
        view["properties"] = Value::Object(statement.properties());
        statement.expect("AS");
        view["view_definition"] = json!(sql.split_once(" AS ").unwrap().1);
        self.tables.insert(name, view);
        Ok(())
    }
}

/// Primary and foreign keys are shown as constraints of the table, checks as properties.
fn constraint(statement: &mut Statement, table: &mut Value) -> Result<(), String> {
    let name = statement.identifier();
    if table["table_constraints"].as_array().is_none() {
        table["table_constraints"] = json!([]);
    }
    if names_of_constraints(table).contains(&name) {
        return Err(format!("constraint `{name}` already exists"));
    }
    let constraints = table["table_constraints"].as_array_mut().unwrap();
    if statement.skip("PRIMARY KEY") {
        let columns = statement.names();
        let rely = statement.skip("RELY");
        constraints.push(json!({"primary_key_constraint": {"name": name, "child_columns": columns, "rely": rely}}));
    } else if statement.skip("FOREIGN KEY") {
        let columns = statement.names();
        statement.expect("REFERENCES");
        let parent = statement.full_name();
        let parents = if statement.peek().as_deref() == Some("(") {
            statement.names()
        } else {
            vec!["id".to_owned()]
        };
        let rely = statement.skip("RELY");
        constraints.push(
            json!({"foreign_key_constraint": {"name": name, "child_columns": columns,
            "parent_table": parent, "parent_columns": parents, "rely": rely}}),
        );
    } else {
        statement.expect("CHECK (");
        let words: Vec<String> = statement.tokens[statement.next..statement.tokens.len() - 1]
            .iter()
            .map(ToString::to_string)
            .collect();
        statement.next = statement.tokens.len();
        table["properties"][format!("delta.constraints.{name}")] = json!(words.join(" "));
    }
    Ok(())
}

fn names_of_constraints(table: &Value) -> Vec<String> {
    let constraints = table["table_constraints"].as_array().into_iter().flatten();
    let keys = constraints.filter_map(|constraint| constraint.as_object()?.values().next()?["name"].as_str());
    let properties = table["properties"].as_object().into_iter().flatten();
    let checks = properties.filter_map(|(name, _)| name.strip_prefix("delta.constraints."));
    keys.chain(checks).map(str::to_owned).collect()
}

fn drop_constraint(table: &mut Value, name: &str) {
    let constraints = table["table_constraints"].as_array_mut().unwrap();
    constraints.retain(|constraint| {
        constraint
            .as_object()
            .unwrap()
            .values()
            .all(|body| body["name"] != name)
    });
    let properties = table["properties"].as_object_mut().unwrap();
    properties.shift_remove(&format!("delta.constraints.{name}"));
}

fn renumber(table: &mut Value) {
    for (position, column) in table["columns"].as_array_mut().unwrap().iter_mut().enumerate() {
        column["position"] = json!(position);
    }
}

fn alter(statement: &mut Statement, table: &mut Value) -> Result<(), String> {
    if statement.skip("SET ROW FILTER") {
        let function = statement.full_name();
        statement.expect("ON");
        table["row_filter"] = json!({"function_name": function, "input_column_names": statement.names()});
    } else if statement.skip("DROP ROW FILTER") {
        table.as_object_mut().unwrap().shift_remove("row_filter");
    } else if statement.skip("SET") {
        let properties = statement.properties();
        table["properties"].as_object_mut().unwrap().extend(properties);
    } else if statement.skip("UNSET TBLPROPERTIES IF EXISTS (") {
        loop {
            let name = statement.literal();
            table["properties"].as_object_mut().unwrap().shift_remove(&name);
            if !statement.skip(",") {
                break;
            }
        }
        statement.expect(")");
    } else if statement.skip("DROP PRIMARY KEY IF EXISTS") {
        if let Some(constraints) = table["table_constraints"].as_array_mut() {
            constraints.retain(|constraint| constraint.get("primary_key_constraint").is_none());
        }
    } else if statement.skip("ADD CONSTRAINT") {
        constraint(statement, table)?;
    } else if statement.skip("DROP CONSTRAINT IF EXISTS") {
        let name = statement.identifier();
        drop_constraint(table, &name);
    } else if statement.skip("ADD COLUMN") {
        let column = statement.column();
        let columns = table["columns"].as_array_mut().unwrap();
        if columns.iter().any(|other| other["name"] == column["name"]) {
            return Err(format!("column {} already exists", column["name"]));
        }
        let position = if statement.skip("FIRST") {
            0
        } else if statement.skip("AFTER") {
            let before = statement.identifier();
            1 + columns
                .iter()
                .position(|other| other["name"] == before.as_str())
                .unwrap()
        } else {
            columns.len()
        };
        columns.insert(position, column);
        renumber(table);
    } else {
        statement.expect("ALTER COLUMN");
        let name = statement.identifier();
        let columns = table["columns"].as_array_mut().unwrap();
        let column = columns
            .iter_mut()
            .find(|column| column["name"] == name.as_str())
            .unwrap();
        if statement.skip("SET MASK") {
            column["mask"] = json!({"function_name": statement.full_name()});
            if statement.skip("USING COLUMNS") {
                column["mask"]["using_column_names"] = json!(statement.names());
            }
        } else if statement.skip("DROP MASK") {
            column.as_object_mut().unwrap().shift_remove("mask");
        } else if statement.skip("TYPE") {
            let kind: Vec<String> = statement.tokens[statement.next..]
                .iter()
                .map(ToString::to_string)
                .collect();
            statement.next = statement.tokens.len();
            column["type_text"] = json!(kind.concat());
        } else if statement.skip("SET NOT NULL") {
            column["nullable"] = json!(false);
        } else if statement.skip("DROP NOT NULL") {
            column["nullable"] = json!(true);
        } else {
            column["comment"] = json!(statement.comment().unwrap());
        }
    }
    Ok(())
}
