//! An update that only looks: every query is analysed with its inputs in it, and nothing is written.

use super::dataset::{Body, Dataset};
use super::event::{Level, Told};
use super::failed::Failed;
use super::flow::Flows;
use super::graph::Graph;
use super::update::Update;
use crate::sql::{self, Statement, identifier};

/// Analyses all datasets. What cannot be analysed without computing its inputs is told as a warning and not called correct.
pub(super) async fn validate(
    flows: &Flows<'_>,
    update: &Update,
    graph: &Graph,
    first_errors: &[Option<String>],
) -> Result<(), Failed> {
    let all = (0..graph.datasets.len()).collect();
    let mut done = std::collections::BTreeSet::new();
    let mut queries: Vec<Option<String>> = vec![None; graph.datasets.len()];
    while let Some(index) = graph.next(&all, &done) {
        done.insert(index);
        let dataset = &graph.datasets[index];
        let analysed = match &dataset.body {
            Body::Sql(query) => inlined(flows, graph, (index, query), &queries)?,
            Body::Python => {
                check_python(flows, update, graph, index, first_errors).await?;
                continue;
            }
        };
        let Some(query) = analysed else {
            let reads = "it reads a dataset in Python, whose columns are known once it was computed";
            unknown(flows, update, dataset, reads).await?;
            continue;
        };
        let query = named(dataset, query);
        analyse(flows, dataset, &query)
            .await
            .map_err(|failed| failed.of(&dataset.name))?;
        queries[index] = Some(query);
    }
    Ok(())
}

/// The query with the queries of its inputs in it; none when one of them has none.
fn inlined(
    flows: &Flows<'_>,
    graph: &Graph,
    (index, query): (usize, &str),
    queries: &[Option<String>],
) -> Result<Option<String>, Failed> {
    if graph.inputs(index).iter().any(|input| queries[*input].is_none()) {
        return Ok(None);
    }
    let source = |name: &[String]| {
        let query = queries[graph.find(name)?].as_ref()?;
        Some(format!("({query})"))
    };
    Ok(Some(sql::with_sources(query, &flows.parameters, source)?))
}

fn named(dataset: &Dataset, query: String) -> String {
    if dataset.columns.is_empty() {
        return query;
    }
    let names: Vec<_> = dataset.columns.iter().map(|(name, _)| identifier(name)).collect();
    format!("SELECT * FROM ({query}) AS `dataset`({})", names.join(", "))
}

/// Lets the engine find the columns, and those of the expectations.
async fn analyse(flows: &Flows<'_>, dataset: &Dataset, query: &str) -> Result<(), Failed> {
    let conditions = dataset
        .expectations
        .iter()
        .map(|each| format!("coalesce(({}), false)", each.condition));
    let conditions: Vec<_> = conditions
        .enumerate()
        .map(|(place, text)| format!("{text} AS `expectation {place}`"))
        .collect();
    let text = match conditions.is_empty() {
        true => query.to_owned(),
        false => format!("SELECT {} FROM ({query}) AS `dataset`", conditions.join(", ")),
    };
    let mut statement = Statement::new(flows.principal.clone(), text);
    statement.defaults.clone_from(flows.defaults);
    sql::columns_of(flows.workspace, &statement).await?;
    Ok(())
}

/// A function that could not be called is wrong, unless it wanted rows that only an update computes.
async fn check_python(
    flows: &Flows<'_>,
    update: &Update,
    graph: &Graph,
    index: usize,
    first_errors: &[Option<String>],
) -> Result<(), Failed> {
    let dataset = &graph.datasets[index];
    match first_errors.get(index).cloned().flatten() {
        None => Ok(()),
        Some(error) if graph.inputs(index).is_empty() => Err(Failed::new("PythonError", error).of(&dataset.name)),
        Some(error) => unknown(flows, update, dataset, &error).await,
    }
}

async fn unknown(flows: &Flows<'_>, update: &Update, dataset: &Dataset, why: &str) -> Result<(), Failed> {
    let message = format!("Flow '{}' was not validated: {why}", dataset.name);
    let told = Told::new(update, "dataset_definition", message).about(&dataset.name);
    Ok(told.tell(flows.workspace, Level::Warn).await?)
}
