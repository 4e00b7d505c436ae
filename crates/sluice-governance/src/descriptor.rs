//! The descriptor of a data product, `product.yaml`. Strict: an unknown key is an error.
//!
//! ```yaml
//! version: 1
//! name: flight-punctuality
//! domain: aviation
//! kind: consumer-aligned
//! owner: domain-owner@example.test
//! steward: steward@example.test
//! support: "#flight-data"
//! criticality: medium
//! classification: internal
//! description: How punctual the carriers are.
//! usage: For reports by month; one row per carrier and month.
//! limitations: Flights from New York City in 2013 alone.
//! refresh: once, on demand
//! end_of_support: 2027-12-31
//! cost_center: "4711"
//! regions: [eu-west-1]
//! components: [genie]
//! regulation:
//!   dora: {critical: false, rto: PT24H, rpo: P1D}
//!   gdpr: {personal_data: false}
//! ports:
//!   - {name: carrier-month, kind: output, table: catalog.tables.carrier_month, contract: contracts/carrier_month.odcs.yaml}
//! dependencies:
//!   - {product: airports, port: airports, version: ">=1.0.0"}
//! verify: [build]
//! ```

use serde::Serialize;
use sluice_model::{Diagnostic, ProductName, ResourceKey, Tree};

use crate::document::{Object, Reader, Value};
use crate::regulation::{self, Regulation};

/// Version of the format that this reads.
pub const FORMAT_VERSION: i64 = 1;

const KEYS: &[&str] = &[
    "version",
    "name",
    "domain",
    "kind",
    "owner",
    "steward",
    "support",
    "criticality",
    "classification",
    "description",
    "usage",
    "limitations",
    "refresh",
    "end_of_support",
    "cost_center",
    "regions",
    "components",
    "regulation",
    "ports",
    "dependencies",
    "verify",
];

/// What kind of data product this is, in the words of data mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductKind {
    /// Close to a system that produces the data.
    SourceAligned,
    /// Brings several sources together.
    Aggregate,
    /// Made for a use.
    ConsumerAligned,
}

/// How much harm an outage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criticality {
    /// None worth naming.
    Low,
    /// Work is delayed.
    Medium,
    /// Business is harmed.
    High,
    /// Obligations are broken.
    Critical,
}

/// Who may know the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Classification {
    /// Everybody.
    Public,
    /// Everybody in the company.
    Internal,
    /// Named groups.
    Confidential,
    /// Named people.
    Restricted,
}

/// Direction of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortKind {
    /// Data comes in here.
    Input,
    /// Data is offered here.
    Output,
}

/// A place where data enters or leaves the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Name, unique in the product.
    pub name: String,
    /// Direction.
    pub kind: PortKind,
    /// The table or view behind it, by its key in the catalog files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<ResourceKey>,
    /// Path of its contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// What it offers, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Another product that this one reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// The product.
    pub product: ProductName,
    /// Its output port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Which versions of it will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What a product offers beside tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// A Genie space.
    Genie,
    /// A dashboard.
    Dashboard,
    /// A share.
    Share,
}

/// What a data product says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// Name, unique on the platform.
    pub name: ProductName,
    /// Business domain.
    pub domain: String,
    /// Kind.
    pub kind: ProductKind,
    /// Who answers for it: a user or group.
    pub owner: String,
    /// Who looks after its meaning and quality.
    pub steward: String,
    /// Where to ask: a channel, an address or a page.
    pub support: String,
    /// Criticality.
    pub criticality: Criticality,
    /// Classification.
    pub classification: Classification,
    /// What it is, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How to use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// What it is not good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limitations: Option<String>,
    /// How often it is renewed, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
    /// Last day of support, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_support: Option<String>,
    /// Who pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// Where the data is kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// What it offers beside tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// What rules of the law apply to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regulation: Option<Regulation>,
    /// Ports.
    pub ports: Vec<Port>,
    /// Dependencies.
    pub dependencies: Vec<Dependency>,
    /// Keys of the jobs that a verification runs, in order.
    pub verify: Vec<String>,
}

/// Reads a descriptor. Everything that is wrong is reported together.
///
/// # Errors
/// When a key is unknown or missing, or a value is not what it must be.
pub fn read(tree: &Tree) -> Result<Descriptor, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let descriptor = descriptor(&mut reader, tree);
    match (descriptor, reader.finish()) {
        (Some(descriptor), diagnostics) if diagnostics.is_empty() => Ok(descriptor),
        (_, diagnostics) => Err(diagnostics),
    }
}

fn descriptor(reader: &mut Reader, tree: &Tree) -> Option<Descriptor> {
    let object = reader.document(tree, KEYS)?;
    reader.format_version(&object, FORMAT_VERSION);
    // Every field is read before the first missing one ends this, so that all faults are reported.
    let name = reader.required(&object, "name").and_then(|value| reader.parsed(&value));
    let domain = reader.required_text(&object, "domain");
    let kind = required_word(
        reader,
        &object,
        "kind",
        &[
            ("source-aligned", ProductKind::SourceAligned),
            ("aggregate", ProductKind::Aggregate),
            ("consumer-aligned", ProductKind::ConsumerAligned),
        ],
    );
    let owner = reader.required_text(&object, "owner");
    let steward = reader.required_text(&object, "steward");
    let support = reader.required_text(&object, "support");
    let criticality = required_word(
        reader,
        &object,
        "criticality",
        &[
            ("low", Criticality::Low),
            ("medium", Criticality::Medium),
            ("high", Criticality::High),
            ("critical", Criticality::Critical),
        ],
    );
    let classification = required_word(
        reader,
        &object,
        "classification",
        &[
            ("public", Classification::Public),
            ("internal", Classification::Internal),
            ("confidential", Classification::Confidential),
            ("restricted", Classification::Restricted),
        ],
    );
    let description = reader.optional_text(&object, "description");
    let usage = reader.optional_text(&object, "usage");
    let limitations = reader.optional_text(&object, "limitations");
    let refresh = reader.optional_text(&object, "refresh");
    let end_of_support = regulation::date(reader, &object, "end_of_support");
    let cost_center = reader.optional_text(&object, "cost_center");
    let regions = reader.texts(&object, "regions");
    let components = components(reader, &object);
    let regulation = object
        .get("regulation")
        .and_then(|value| Regulation::read(reader, &value));
    let ports = ports(reader, &object);
    let dependencies = dependencies(reader, &object);
    let verify = verify(reader, &object);
    Some(Descriptor {
        name: name?,
        domain: domain?,
        kind: kind?,
        owner: owner?,
        steward: steward?,
        support: support?,
        criticality: criticality?,
        classification: classification?,
        description,
        usage,
        limitations,
        refresh,
        end_of_support,
        cost_center,
        regions,
        components,
        regulation,
        ports,
        dependencies,
        verify,
    })
}

fn required_word<T: Copy>(reader: &mut Reader, object: &Object<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    let value = reader.required(object, key)?;
    reader.word(&value, words)
}

fn ports(reader: &mut Reader, object: &Object<'_>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for item in reader.list(object, "ports") {
        let Some(fields) = reader.object(&item, &["name", "kind", "table", "contract", "description"]) else {
            continue;
        };
        let name = reader.required_text(&fields, "name");
        let kind = required_word(
            reader,
            &fields,
            "kind",
            &[("input", PortKind::Input), ("output", PortKind::Output)],
        );
        let table = fields.get("table").and_then(|value| table_key(reader, &value));
        let contract = reader.optional_text(&fields, "contract");
        let description = reader.optional_text(&fields, "description");
        let (Some(name), Some(kind)) = (name, kind) else {
            continue;
        };
        if ports.iter().any(|port| port.name == name) {
            reader.error(&item, format!("port `{name}` is declared twice"), None);
            continue;
        }
        ports.push(Port {
            name,
            kind,
            table,
            contract,
            description,
        });
    }
    ports
}

fn table_key(reader: &mut Reader, value: &Value<'_>) -> Option<ResourceKey> {
    let key: ResourceKey = reader.parsed(value)?;
    if key.catalog && matches!(key.kind.as_str(), "tables" | "views") && key.sub.is_none() {
        return Some(key);
    }
    let help = "name the key in the catalog files: `catalog.tables.<key>` or `catalog.views.<key>`";
    reader.error(value, format!("`{key}` is no table or view"), Some(help.to_owned()));
    None
}

fn dependencies(reader: &mut Reader, object: &Object<'_>) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    for item in reader.list(object, "dependencies") {
        let Some(fields) = reader.object(&item, &["product", "port", "version"]) else {
            continue;
        };
        let product = reader
            .required(&fields, "product")
            .and_then(|value| reader.parsed(&value));
        let port = reader.optional_text(&fields, "port");
        let version = reader.optional_text(&fields, "version");
        dependencies.extend(product.map(|product| Dependency { product, port, version }));
    }
    dependencies
}

fn components(reader: &mut Reader, object: &Object<'_>) -> Vec<Component> {
    let words = [
        ("genie", Component::Genie),
        ("dashboard", Component::Dashboard),
        ("share", Component::Share),
    ];
    let items = reader.list(object, "components");
    items.iter().filter_map(|item| reader.word(item, &words)).collect()
}

fn verify(reader: &mut Reader, object: &Object<'_>) -> Vec<String> {
    let mut jobs: Vec<String> = Vec::new();
    for item in reader.list(object, "verify") {
        let Some(key) = reader.text(&item) else { continue };
        if jobs.contains(&key) {
            reader.error(&item, format!("job `{key}` is named twice"), None);
        } else {
            jobs.push(key);
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r##"{
        "version": 1, "name": "flight-punctuality", "domain": "aviation", "kind": "consumer-aligned",
        "owner": "domain-owner@sluice.test", "steward": "steward@sluice.test", "support": "#flights",
        "criticality": "medium", "classification": "internal",
        "ports": [{"name": "carrier-month", "kind": "output", "table": "catalog.tables.carrier_month"}],
        "dependencies": [{"product": "airports", "version": ">=1"}],
        "verify": ["build"]
    }"##;

    fn check(json: &serde_json::Value) -> Result<Descriptor, Vec<String>> {
        read(&Tree::from_json(json)).map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    fn changed(change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> serde_json::Value {
        let mut json: serde_json::Value = serde_json::from_str(SOUND).unwrap();
        change(json.as_object_mut().unwrap());
        json
    }

    #[test]
    fn a_sound_descriptor_is_read() {
        let descriptor = check(&changed(|_| {})).unwrap();
        assert_eq!(descriptor.name.as_str(), "flight-punctuality");
        assert_eq!(
            descriptor.ports[0].table,
            Some(ResourceKey::catalog("tables", "carrier_month"))
        );
        assert_eq!(descriptor.verify, ["build"]);
    }

    #[test]
    fn every_fault_is_reported_with_its_path_and_what_would_be_right() {
        let json = changed(|fields| {
            fields.insert("version".to_owned(), 2.into());
            fields.remove("owner");
            fields.insert("stewart".to_owned(), "x".into());
            fields.insert("criticality".to_owned(), "hihg".into());
            fields.insert("name".to_owned(), "Flights".into());
            fields.insert("verify".to_owned(), serde_json::json!(["build", "build", 3]));
            fields.insert(
                "ports".to_owned(),
                serde_json::json!([{"name": "a", "kind": "output", "table": "resources.jobs.a"}]),
            );
        });
        assert_eq!(
            check(&json).unwrap_err(),
            [
                "error: unknown key `stewart`\n  at stewart\n  help: did you mean `steward`?",
                "error: version 2 of this document is not known\n  at version\n  help: this version of sluice reads `version: 1`",
                "error: `Flights` is not a valid product name: 1 to 63 of a-z, 0-9, `-` and `_`, starting with a letter and ending with a letter or digit\n  at name",
                "error: `owner` is missing",
                "error: `hihg` is not a value of `criticality`\n  at criticality\n  help: did you mean `high`?",
                "error: `resources.jobs.a` is no table or view\n  at ports[0].table\n  help: name the key in the catalog files: `catalog.tables.<key>` or `catalog.views.<key>`",
                "error: job `build` is named twice\n  at verify[1]",
                "error: `verify[2]` must be a text, not integer\n  at verify[2]",
            ]
        );
    }

    #[test]
    fn evidence_is_absent_unless_it_is_given_and_strict_when_it_is() {
        assert_eq!(check(&changed(|_| {})).unwrap().regulation, None);
        let sound = changed(|fields| {
            fields.insert(
                "regulation".to_owned(),
                serde_json::json!({"dora": {"critical": true, "rto": "PT4H"}, "gdpr": {}}),
            );
        });
        let regulation = check(&sound).unwrap().regulation.unwrap();
        let dora = regulation.dora.unwrap();
        assert_eq!(
            (dora.critical, dora.rto.as_deref(), dora.rpo),
            (Some(true), Some("PT4H"), None)
        );
        assert_eq!(regulation.gdpr.unwrap().personal_data, None);
        let broken = changed(|fields| {
            fields.insert("end_of_support".to_owned(), "31.12.2027".into());
            fields.insert("components".to_owned(), serde_json::json!(["geni"]));
            fields.insert(
                "regulation".to_owned(),
                serde_json::json!({"dora": {"rto": "4h", "critical": "yes"}, "gdrp": {}}),
            );
        });
        let mut found = check(&broken).unwrap_err();
        found.sort();
        assert_eq!(
            found,
            [
                "error: `31.12.2027` is not a date\n  at end_of_support\n  help: write it as year, month and day: `2027-03-31`",
                "error: `4h` is not a duration\n  at regulation.dora.rto\n  help: write it as ISO 8601, such as `PT4H` for four hours or `P1D` for a day",
                "error: `geni` is not a value of `components[0]`\n  at components[0]\n  help: did you mean `genie`?",
                "error: `regulation.dora.critical` must be `true` or `false`, not string\n  at regulation.dora.critical",
                "error: unknown key `gdrp`\n  at regulation.gdrp\n  help: did you mean `gdpr`?",
            ]
        );
    }

    #[test]
    fn a_document_that_is_no_map_is_refused() {
        assert_eq!(
            check(&serde_json::json!([])).unwrap_err(),
            ["error: the document must be a map, not list"]
        );
    }
}
