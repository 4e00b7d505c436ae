//! Which dataset reads which, and what is computed when. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::dataset::Dataset;
use super::failed::Failed;
use crate::sql::{Defaults, without_live};

/// The datasets of a pipeline and what they read of each other.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) datasets: Vec<Dataset>,
    defaults: Defaults,
    /// For each dataset the places of those that it reads.
    inputs: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// Finds out what reads what.
    ///
    /// # Errors
    /// Naming a dataset that is declared twice, a name in `LIVE` that nothing declares, or datasets that read each other in a circle.
    pub(crate) fn new(datasets: Vec<Dataset>, defaults: &Defaults) -> Result<Self, Failed> {
        let mut places: BTreeMap<String, &Dataset> = BTreeMap::new();
        for dataset in &datasets {
            if let Some(other) = places.insert(dataset.full_name(), dataset) {
                return Err(Failed::new(
                    "DUPLICATE_DATASET",
                    format!(
                        "the dataset `{}` is declared twice: in `{}` and in `{}`",
                        dataset.name, other.source, dataset.source
                    ),
                ));
            }
        }
        let mut graph = Self {
            inputs: vec![BTreeSet::new(); datasets.len()],
            datasets,
            defaults: defaults.clone(),
        };
        for index in 0..graph.datasets.len() {
            for read in graph.datasets[index].reads.clone() {
                graph.check_live(index, &read)?;
                let input = graph.find(&read);
                graph.inputs[index].extend(input);
            }
        }
        match graph.circle() {
            Some(names) => Err(Failed::new(
                "CIRCULAR_DEPENDENCY",
                format!("the datasets {} read each other in a circle", names.join(", ")),
            )),
            None => Ok(graph),
        }
    }

    fn check_live(&self, index: usize, read: &[String]) -> Result<(), Failed> {
        let live = read.len() == 2 && read[0].eq_ignore_ascii_case("live");
        if live && self.find(read).is_none() {
            let name = &self.datasets[index].name;
            let message = format!(
                "the dataset `{name}` reads `{}`, which no source of the pipeline declares",
                read.join(".")
            );
            return Err(Failed::new("DATASET_NOT_FOUND", message).of(name));
        }
        Ok(())
    }

    /// The dataset that a name in a query means; none when it is a table or view outside the pipeline.
    pub(crate) fn find(&self, name: &[String]) -> Option<usize> {
        let name: Vec<String> = without_live(name.to_vec())
            .iter()
            .map(|part| part.to_lowercase())
            .collect();
        let catalog = self.defaults.catalog.clone().unwrap_or_default();
        let schema = self.defaults.schema.clone().unwrap_or_default();
        let (single, full) = match name.as_slice() {
            [name] => (true, [catalog, schema, name.clone()]),
            [schema, name] => (false, [catalog, schema.clone(), name.clone()]),
            [catalog, schema, name] => (false, [catalog.clone(), schema.clone(), name.clone()]),
            _ => return None,
        };
        let found = self.datasets.iter().position(|dataset| dataset.parts == full)?;
        (single || !self.datasets[found].is_hidden()).then_some(found)
    }

    /// The name of a hidden dataset among these names.
    pub(crate) fn hidden_input(&self, reads: &[Vec<String>]) -> Option<&str> {
        let mut found = reads
            .iter()
            .filter_map(|read| self.find(read))
            .map(|index| &self.datasets[index]);
        found
            .find(|dataset| dataset.is_hidden())
            .map(|dataset| dataset.name.as_str())
    }

    /// The places of what a dataset reads.
    pub(crate) fn inputs(&self, index: usize) -> &BTreeSet<usize> {
        &self.inputs[index]
    }

    /// Notes that a dataset reads another, found out while it was computed.
    ///
    /// # Errors
    /// When they read each other in a circle.
    pub(crate) fn also_reads(&mut self, index: usize, input: usize) -> Result<(), Failed> {
        self.inputs[index].insert(input);
        match self.circle() {
            Some(names) => Err(Failed::new(
                "CIRCULAR_DEPENDENCY",
                format!("the datasets {} read each other in a circle", names.join(", ")),
            )),
            None => Ok(()),
        }
    }

    /// What is to be computed for a selection: what it names, and what only the pipeline sees and they read. Without a selection everything.
    ///
    /// # Errors
    /// Naming what the selection has and the pipeline does not.
    pub(crate) fn chosen(&self, selection: Option<&[&str]>) -> Result<BTreeSet<usize>, Failed> {
        let Some(selection) = selection else {
            return Ok((0..self.datasets.len()).collect());
        };
        let mut waiting = Vec::new();
        for name in selection {
            let parts: Vec<String> = name.split('.').map(|part| part.trim_matches('`').to_owned()).collect();
            let found = self.find(&parts).ok_or_else(|| {
                let known: Vec<_> = self.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
                let message = format!(
                    "the selection names `{name}`, which is no dataset of the pipeline; it has {}",
                    known.join(", ")
                );
                Failed::new("DATASET_NOT_FOUND", message)
            })?;
            waiting.push(found);
        }
        let mut chosen = BTreeSet::new();
        while let Some(index) = waiting.pop() {
            if chosen.insert(index) {
                waiting.extend(
                    self.inputs[index]
                        .iter()
                        .filter(|input| self.datasets[**input].is_hidden()),
                );
            }
        }
        Ok(chosen)
    }

    /// The next dataset of `chosen`, in the order of declaration, whose chosen inputs are all done.
    pub(crate) fn next(&self, chosen: &BTreeSet<usize>, done: &BTreeSet<usize>) -> Option<usize> {
        let ready = |index: &&usize| {
            !done.contains(index)
                && self.inputs[**index]
                    .iter()
                    .all(|input| done.contains(input) || !chosen.contains(input))
        };
        chosen.iter().find(ready).copied()
    }

    /// The names of datasets that read each other in a circle.
    fn circle(&self) -> Option<Vec<String>> {
        let mut left: BTreeSet<usize> = (0..self.datasets.len()).collect();
        loop {
            let free: Vec<usize> = left
                .iter()
                .filter(|index| self.inputs[**index].is_disjoint(&left))
                .copied()
                .collect();
            if free.is_empty() {
                break;
            }
            free.iter().for_each(|index| {
                left.remove(index);
            });
        }
        // What only waits for the circle is none of it.
        let mut before = 0;
        while before != left.len() {
            before = left.len();
            let read: BTreeSet<usize> = left.iter().flat_map(|index| &self.inputs[*index]).copied().collect();
            left.retain(|index| read.contains(index));
        }
        (!left.is_empty()).then(|| {
            left.iter()
                .map(|index| format!("`{}`", self.datasets[*index].name))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pipelines::sources::{Source, Written};

    fn graph(text: &str) -> Result<Graph, Failed> {
        let defaults = Defaults {
            catalog: Some("dev".to_owned()),
            schema: Some("s".to_owned()),
        };
        let source = Source {
            path: "/a.sql".to_owned(),
            written: Written::Sql,
            text: text.to_owned(),
        };
        let datasets = crate::pipelines::dataset::of_sql(&[source], &BTreeMap::new(), &defaults)?;
        Graph::new(datasets, &defaults)
    }

    fn order(graph: &Graph, selection: Option<&[&str]>) -> Vec<String> {
        let chosen = graph.chosen(selection).unwrap();
        let mut done = BTreeSet::new();
        let mut names = Vec::new();
        while let Some(next) = graph.next(&chosen, &done) {
            done.insert(next);
            names.push(graph.datasets[next].name.clone());
        }
        names
    }

    #[test]
    fn inputs_come_first_whatever_they_are_called() {
        let text = "CREATE MATERIALIZED VIEW gold AS SELECT * FROM LIVE.silver JOIN dev.s.bronze USING (id);
                    CREATE TEMPORARY VIEW silver AS SELECT * FROM Bronze;
                    CREATE MATERIALIZED VIEW bronze AS SELECT * FROM other.s.raw;
                    CREATE MATERIALIZED VIEW apart AS SELECT 1 AS one";
        let graph = graph(text).unwrap();
        assert_eq!(order(&graph, None), ["bronze", "silver", "gold", "apart"]);
        assert_eq!(
            order(&graph, Some(&["gold"])),
            ["silver", "gold"],
            "views are computed with what reads them"
        );
        assert_eq!(order(&graph, Some(&["dev.s.apart"])), ["apart"]);
        assert!(
            graph
                .chosen(Some(&["nothing"]))
                .unwrap_err()
                .message
                .contains("`nothing`")
        );
    }

    #[test]
    fn circles_twins_and_missing_inputs_are_named() {
        for (text, message) in [
            (
                "CREATE VIEW x AS SELECT * FROM a; CREATE MATERIALIZED VIEW a AS SELECT * FROM b; CREATE MATERIALIZED VIEW b AS SELECT * FROM LIVE.a",
                "the datasets `a`, `b` read each other in a circle",
            ),
            (
                "CREATE VIEW a AS SELECT 1; CREATE VIEW dev.s.A AS SELECT 2",
                "the dataset `dev.s.A` is declared twice: in `/a.sql` and in `/a.sql`",
            ),
            (
                "CREATE MATERIALIZED VIEW a AS SELECT * FROM LIVE.b",
                "the dataset `a` reads `LIVE.b`, which no source of the pipeline declares",
            ),
        ] {
            assert_eq!(graph(text).unwrap_err().message, message);
        }
    }
}
