//! The pack that comes with Sluice: the directory `policies/` of the repository, as it was when the binary was built.

use include_dir::{Dir, include_dir};

use crate::pack::PackFiles;

static DIRECTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies");

/// The files of the embedded pack.
#[must_use]
pub fn files() -> PackFiles {
    let mut files = PackFiles {
        directory: "policies".to_owned(),
        ..PackFiles::default()
    };
    collect(&DIRECTORY, &mut files);
    files
}

fn collect(directory: &Dir<'_>, into: &mut PackFiles) {
    for file in directory.files() {
        if let Some(text) = file.contents_utf8() {
            into.files.insert(file.path().display().to_string(), text.to_owned());
        }
    }
    for below in directory.dirs() {
        collect(below, into);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use sluice_bundle::language::parse_yaml;
    use sluice_model::{Node, Tree};

    use super::*;
    use crate::evaluation::Evaluator;
    use crate::pack::Pack;
    use crate::schema::Shape;
    use crate::trials::{self, Verdict};

    fn pack() -> Pack {
        Pack::read(&[files()], &parse_yaml).unwrap_or_else(|faults| {
            panic!(
                "{}",
                faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()
            )
        })
    }

    #[test]
    fn every_test_of_the_pack_passes_and_every_rule_has_the_four_kinds() {
        let pack = pack();
        let trials = trials::run(&pack).unwrap();
        let failed: Vec<_> = trials
            .iter()
            .filter(|trial| trial.verdict != Verdict::Pass)
            .map(|trial| {
                format!(
                    "{}: {:?} {}",
                    trial.name,
                    trial.verdict,
                    trial.message.as_deref().unwrap_or_default()
                )
            })
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
        for rule in &pack.rules {
            let tests = format!("{}_test.test_", rule.package.trim_start_matches("data."));
            for kind in ["positive", "negative", "not_applicable", "unknown"] {
                assert!(
                    trials
                        .iter()
                        .any(|trial| trial.name.starts_with(&format!("{tests}{kind}"))),
                    "{} has no {kind} test",
                    rule.metadata.id
                );
            }
        }
    }

    #[test]
    fn each_category_has_at_least_four_rules() {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        let pack = pack();
        for rule in &pack.rules {
            *count.entry(rule.metadata.category.as_str()).or_default() += 1;
        }
        let categories = [
            "metadata",
            "contract",
            "access",
            "architecture",
            "regulation",
            "security",
        ];
        assert!(categories.iter().all(|name| count.get(name) >= Some(&4)), "{count:?}");
    }

    #[test]
    fn the_sound_input_is_one_that_the_schema_knows() {
        let pack = pack();
        let sound = pack.fixtures.get("sound").unwrap();
        assert_eq!(Shape::input().unknown(sound, "input"), Vec::<String>::new());
    }

    /// Fields that may be absent: optional ones, names for people, and what there may be less of.
    const FREE: &[&str] = &[
        "assets.functions.hide.definition",
        "assets.functions.only_own_carrier.definition",
        "assets.genie_spaces.flights.definition.serialized_space.config.sample_questions.0.question",
        "assets.genie_spaces.flights.definition.serialized_space.config.sample_questions.1.question",
        "assets.genie_spaces.flights.definition.serialized_space.config.sample_questions.2.question",
        "assets.genie_spaces.flights.definition.serialized_space.config.sample_questions.3.question",
        "assets.genie_spaces.flights.definition.serialized_space.config.sample_questions.4.question",
        "assets.genie_spaces.flights.definition.serialized_space.instructions.text_instructions.0.content",
        "assets.genie_spaces.flights.definition.title",
        "assets.jobs.erase_pilot.definition.max_concurrent_runs",
        "assets.jobs.erase_pilot.definition.tasks",
        "assets.jobs.erase_pilot.definition.tasks.0",
        "assets.jobs.erase_pilot.definition.tasks.0.task_key",
        "assets.jobs.erase_pilot.definition.webhook_notifications.on_failure.0.id",
        "assets.jobs.load.definition.job_clusters.0.job_cluster_key",
        "assets.jobs.load.definition.job_clusters.0.new_cluster.num_workers",
        "assets.jobs.load.definition.max_concurrent_runs",
        "assets.jobs.load.definition.permissions.0",
        "assets.jobs.load.definition.permissions.0.group_name",
        "assets.jobs.load.definition.permissions.0.level",
        "assets.jobs.load.definition.permissions.1",
        "assets.jobs.load.definition.permissions.1.level",
        "assets.jobs.load.definition.permissions.1.user_name",
        "assets.jobs.load.definition.run_as",
        "assets.jobs.load.definition.run_as.service_principal_name",
        "assets.jobs.load.definition.tasks",
        "assets.jobs.load.definition.tasks.0",
        "assets.jobs.load.definition.tasks.0.job_cluster_key",
        "assets.jobs.load.definition.tasks.0.task_key",
        "assets.tables.carrier_month.columns.carrier.comment",
        "assets.tables.carrier_month.columns.carrier.name",
        "assets.tables.carrier_month.columns.flights.comment",
        "assets.tables.carrier_month.columns.flights.name",
        "assets.tables.carrier_month.columns.pilot_email.comment",
        "assets.tables.carrier_month.columns.pilot_email.name",
        "assets.tables.carrier_month.comment",
        "assets.tables.carrier_month.row_filter.columns",
        "assets.tables.carrier_month.row_filter.columns.0",
        "assets.tables.raw.columns.line",
        "assets.tables.raw.columns.line.comment",
        "assets.tables.raw.columns.line.name",
        "assets.tables.raw.columns.line.type",
        "bundle.mode",
        "bundle.name",
        "bundle.permissions",
        "bundle.permissions.0",
        "bundle.permissions.0.group_name",
        "bundle.permissions.0.level",
        "bundle.root_path",
        "bundle.target",
        "changes.contracts/carrier_month.odcs.yaml#carrier_month.flights#column_added.direction",
        "changes.contracts/carrier_month.odcs.yaml#carrier_month.flights#column_added.port",
        "changes.contracts/carrier_month.odcs.yaml#carrier_month.flights#column_added.verdicts",
        "changes.contracts/carrier_month.odcs.yaml#carrier_month.flights#column_added.verdicts.full",
        "contracts.contracts/carrier_month.odcs.yaml.id",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.description",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.critical",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.primary_key",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.quality.0.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.quality.1.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.carrier.type",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.flights.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.flights.quality.0.metric",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.flights.quality.0.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.flights.type",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.pilot_email.critical",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.pilot_email.name",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.properties.pilot_email.type",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.quality.0",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.quality.0.metric",
        "contracts.contracts/carrier_month.odcs.yaml.objects.carrier_month.quality.0.name",
        "contracts.contracts/carrier_month.odcs.yaml.port",
        "contracts.contracts/carrier_month.odcs.yaml.sla.frequency.property",
        "contracts.contracts/carrier_month.odcs.yaml.sla.frequency.unit",
        "contracts.contracts/carrier_month.odcs.yaml.sla.frequency.value",
        "contracts.contracts/carrier_month.odcs.yaml.sla.retention.property",
        "contracts.contracts/carrier_month.odcs.yaml.sla.retention.unit",
        "contracts.contracts/carrier_month.odcs.yaml.status",
        "evidence.previous",
        "glossary.aviation/carrier.definition",
        "glossary.aviation/carrier.name",
        "glossary.aviation/carrier.status",
        "glossary.aviation/flight.definition",
        "glossary.aviation/flight.name",
        "glossary.aviation/flight.status",
        "glossary.aviation/pilot.definition",
        "glossary.aviation/pilot.name",
        "glossary.aviation/pilot.status",
        "live.grants.qa.flights_gold.carrier_month/analysts.privileges.0",
        "live.principals.domain-owners.active",
        "live.principals.domain-owners.members",
        "live.principals.domain-owners.members.0",
        "live.principals.stewards.active",
        "live.principals.stewards.members",
        "live.principals.stewards.members.0",
        "live.tables.qa.flights_gold.carrier_month",
        "live.tables.qa.flights_gold.carrier_month.columns.carrier",
        "live.tables.qa.flights_gold.carrier_month.columns.carrier.type",
        "live.tables.qa.flights_gold.carrier_month.columns.flights",
        "live.tables.qa.flights_gold.carrier_month.columns.flights.type",
        "live.tables.qa.flights_gold.carrier_month.columns.pilot_email",
        "live.tables.qa.flights_gold.carrier_month.columns.pilot_email.type",
        "live.tables.qa.flights_gold.carrier_month.owner",
        "platform",
        "platform.environments",
        "platform.environments.0",
        "platform.environments.0.host",
        "platform.environments.0.name",
        "platform.environments.0.stage",
        "platform.environments.0.target",
        "platform.environments.1",
        "platform.environments.1.host",
        "platform.environments.1.name",
        "platform.environments.1.stage",
        "platform.environments.1.target",
        "previous",
        "previous.commit",
        "previous.version",
        "product.components",
        "product.components.0",
        "product.criticality",
        "product.kind",
        "product.name",
        "product.ports.0.name",
        "product.regulation.gdpr.personal_data",
        "product.regulation.gdpr.special_category",
        "release",
        "release.commit",
        "release.version",
        "target.deployer.name",
        "target.host",
        "target.target",
    ];

    #[test]
    fn a_missing_field_of_the_sound_input_is_noticed_by_a_rule() {
        let pack = pack();
        let evaluator = Evaluator::new(pack.clone(), &Tree::mapping()).unwrap();
        let sound = pack.fixtures.get("sound").unwrap();
        let judge = |document: &Tree| evaluator.judge_all(&evaluator.complete(document));
        let before = judge(sound);
        let mut unnoticed = BTreeSet::new();
        let mut paths = Vec::new();
        leaves(sound, &mut Vec::new(), &mut paths);
        for path in &paths {
            let mut document = sound.clone();
            remove(&mut document, path);
            if judge(&document) == before {
                unnoticed.insert(path.join("."));
            }
        }
        let expected: BTreeSet<String> = FREE.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(unnoticed, expected);
    }

    /// Every field and every item of every list.
    fn leaves(tree: &Tree, path: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
        let children: Vec<(String, &Tree)> = match &tree.node {
            Node::Mapping(fields) => fields.iter().map(|(key, child)| (key.clone(), child)).collect(),
            Node::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(index, child)| (index.to_string(), child))
                .collect(),
            _ => Vec::new(),
        };
        for (key, child) in children {
            path.push(key);
            into.push(path.clone());
            leaves(child, path, into);
            path.pop();
        }
    }

    fn remove(tree: &mut Tree, path: &[String]) {
        let [key, rest @ ..] = path else { return };
        match &mut tree.node {
            Node::Mapping(fields) if rest.is_empty() => {
                fields.shift_remove(key);
            }
            Node::Mapping(fields) => {
                if let Some(child) = fields.get_mut(key) {
                    remove(child, rest);
                }
            }
            Node::Sequence(items) => {
                let index: usize = key.parse().unwrap();
                if rest.is_empty() {
                    items.remove(index);
                } else {
                    remove(&mut items[index], rest);
                }
            }
            _ => {}
        }
    }
}
