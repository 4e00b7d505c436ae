//! The check `genie`: every declared Genie space is there, with its tables, instructions, questions and descriptions, and the warehouse
//! accepts its example SQL.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_databricks::Client;
use sluice_model::ResourceKey;
use sluice_store::record::Check;
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::candidate::Candidate;
use super::checks::{causes, check};
use super::readback::{Pair, Readback, counted};
use super::statement::{Parameter, first_row_with};

const KIND: &str = "genie";
const RESOURCE: &str = "genie_spaces";

/// One check per declared space.
pub(super) async fn all(candidate: &Candidate, readback: &Readback<'_>) -> Vec<Check> {
    let spaces = candidate
        .loaded
        .bundle
        .config
        .get("resources")
        .and_then(|resources| resources.get(RESOURCE)?.as_mapping());
    let mut checks = Vec::new();
    for name in spaces.into_iter().flat_map(indexmap::IndexMap::keys) {
        let found = space(&candidate.loaded.client, readback, name).await;
        checks.push(check(KIND, name, found));
    }
    checks
}

async fn space(client: &Client, readback: &Readback<'_>, name: &str) -> Result<String, String> {
    let key = ResourceKey::bundle(RESOURCE, name);
    let pairs = readback.pairs::<Space>(|found| *found == key)?;
    let pair = pairs.first().ok_or("it is not deployed")?;
    let declared = content(&pair.declared)?;
    let live = live_content(pair)?;
    let mut differences = declared.differences(&live);
    for table in declared.tables() {
        let path = format!("/api/2.1/unity-catalog/tables/{}", encode_segment(&table.identifier));
        if let Err(error) = client.send(&Request::new(Method::Get, path)).await {
            differences.push(format!(
                "its table `{}` cannot be read: {}",
                table.identifier,
                causes(&error)
            ));
        }
    }
    for example in &declared.instructions.example_question_sqls {
        if let Err(why) = accepted(client, &pair.declared.warehouse_id, example).await {
            differences.push(format!("the SQL of the example {:?} {why}", example.question.text()));
        }
    }
    if !differences.is_empty() {
        return Err(differences.join("; "));
    }
    Ok(format!(
        "{}, {}, {} and {} as declared, {} accepted by the warehouse",
        counted(declared.tables().count(), "table"),
        counted(declared.descriptions(), "description"),
        counted(declared.instructions.text_instructions.len(), "text instruction"),
        counted(declared.config.sample_questions.len(), "sample question"),
        counted(declared.instructions.example_question_sqls.len(), "example"),
    ))
}

/// The warehouse plans the query, and reads no row.
async fn accepted(client: &Client, warehouse: &str, example: &Example) -> Result<(), String> {
    let sql = example.sql.text();
    let sql = sql.trim().trim_end_matches(';');
    let parameters: Vec<Parameter> = example.parameters.iter().map(ExampleParameter::statement).collect();
    let statement = format!("SELECT * FROM (\n{sql}\n) LIMIT 0");
    first_row_with(client, warehouse, &statement, &parameters)
        .await
        .map(|_| ())
}

fn content(space: &Space) -> Result<Content, String> {
    serde_json::from_str(&space.serialized_space).map_err(|error| format!("its content cannot be read: {error}"))
}

fn live_content(pair: &Pair<Space>) -> Result<Content, String> {
    content(pair.live.as_ref().ok_or("it is gone")?)
}

#[derive(Deserialize)]
struct Space {
    warehouse_id: String,
    serialized_space: String,
}

/// What of a space's content is compared.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    config: Config,
    data_sources: Sources,
    instructions: Instructions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    sample_questions: Vec<Question>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sources {
    tables: Vec<Source>,
    metric_views: Vec<Source>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Instructions {
    text_instructions: Vec<Instruction>,
    example_question_sqls: Vec<Example>,
}

#[derive(Deserialize)]
struct Question {
    question: Lines,
}

#[derive(Deserialize)]
struct Instruction {
    content: Lines,
}

#[derive(Deserialize)]
struct Example {
    question: Lines,
    sql: Lines,
    #[serde(default)]
    parameters: Vec<ExampleParameter>,
}

#[derive(Deserialize)]
struct ExampleParameter {
    name: String,
    #[serde(default)]
    type_hint: Option<String>,
    #[serde(default)]
    default_value: DefaultValue,
}

#[derive(Default, Deserialize)]
struct DefaultValue {
    #[serde(default)]
    values: Vec<String>,
}

impl ExampleParameter {
    /// As an argument of a statement; without a default it is null.
    fn statement(&self) -> Parameter {
        Parameter {
            name: self.name.clone(),
            value: self.default_value.values.first().cloned(),
            r#type: self.type_hint.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Source {
    identifier: String,
    #[serde(default)]
    description: Lines,
    #[serde(default)]
    column_configs: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    column_name: String,
    #[serde(default)]
    description: Lines,
}

/// A text in lines, or in one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    One(String),
    Many(Vec<String>),
}

impl Default for Lines {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Lines {
    /// The service joins the parts of a text as they are.
    fn text(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Many(parts) => parts.concat(),
        }
    }
}

impl Content {
    fn tables(&self) -> impl Iterator<Item = &Source> {
        self.data_sources.tables.iter().chain(&self.data_sources.metric_views)
    }

    /// The described tables and columns.
    fn described(&self) -> BTreeMap<String, String> {
        let tables = self.tables().flat_map(|table| {
            let columns = table.column_configs.iter();
            let columns = columns.map(|column| {
                let name = format!("{}.{}", table.identifier, column.column_name);
                (name.to_lowercase(), column.description.text())
            });
            std::iter::once((table.identifier.to_lowercase(), table.description.text())).chain(columns)
        });
        tables.collect()
    }

    fn descriptions(&self) -> usize {
        self.described().values().filter(|text| !text.is_empty()).count()
    }

    /// What is declared and not there.
    fn differences(&self, live: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let found = live.described();
        for (name, declared) in self.described() {
            match found.get(&name) {
                None => differences.push(format!("`{name}` is not in it")),
                Some(found) if *found != declared => {
                    differences.push(format!("it describes `{name}` as {found:?}, {declared:?} is declared"))
                }
                Some(_) => {}
            }
        }
        let instructions = |content: &Self| -> Vec<String> {
            let list = content.instructions.text_instructions.iter();
            list.map(|instruction| instruction.content.text()).collect()
        };
        let questions = |content: &Self| -> Vec<String> {
            let list = content.config.sample_questions.iter();
            list.map(|question| question.question.text()).collect()
        };
        let examples = |content: &Self| -> Vec<String> {
            let list = content.instructions.example_question_sqls.iter();
            list.map(|example| format!("{}\n{}", example.question.text(), example.sql.text()))
                .collect()
        };
        let lists = [
            ("text instruction", instructions(self), instructions(live)),
            ("sample question", questions(self), questions(live)),
            ("example", examples(self), examples(live)),
        ];
        for (word, declared, found) in lists {
            for text in declared.iter().filter(|text| !found.contains(text)) {
                differences.push(format!("it does not have the {word} {text:?}"));
            }
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_declared_and_not_there_is_named() {
        let read = |body: serde_json::Value| Content::deserialize(body).unwrap();
        let declared = read(json!({
            "config": {"sample_questions": [{"id": "1", "question": ["Who ", "buys?"]}]},
            "data_sources": {"tables": [{"identifier": "c.s.T", "description": ["Orders"],
                "column_configs": [{"column_name": "a", "description": ["A"]}]}]},
            "instructions": {"text_instructions": [{"content": ["Be brief."]}],
                "example_question_sqls": [{"question": ["How many?"], "sql": ["SELECT 1"]}]},
        }));
        assert_eq!(declared.differences(&declared), Vec::<String>::new());
        assert_eq!(declared.descriptions(), 2);
        let live = read(json!({"data_sources": {"tables": [{"identifier": "c.s.t", "description": "Orders"}]}}));
        assert_eq!(
            declared.differences(&live),
            [
                "`c.s.t.a` is not in it",
                "it does not have the text instruction \"Be brief.\"",
                "it does not have the sample question \"Who buys?\"",
                "it does not have the example \"How many?\\nSELECT 1\"",
            ]
        );
    }
}
