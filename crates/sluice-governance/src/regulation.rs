//! What rules of the law apply to a data product, as its descriptor says it (`regulation` in `product.yaml`).
//!
//! Evidence that is not given is absent: nothing here has a default, because a policy must tell "no" from "not said".

use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;

use crate::document::{Object, Reader, Value};

/// The regimes that a product says something about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Regulation {
    /// General Data Protection Regulation, (EU) 2016/679.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gdpr: Option<Gdpr>,
    /// Digital Operational Resilience Act, (EU) 2022/2554.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dora: Option<Dora>,
    /// Principles for risk data aggregation, BCBS 239.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bcbs239: Option<Bcbs239>,
    /// Artificial Intelligence Act, (EU) 2024/1689.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ai: Option<ArtificialIntelligence>,
    /// Entry in the company's register of processing or of information assets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
}

/// What the product says about personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gdpr {
    /// Whether there is any.
    pub personal_data: Option<bool>,
    /// Basis of the processing, such as `contract` or `legitimate-interest`.
    pub lawful_basis: Option<String>,
    /// Purpose of the processing.
    pub purpose: Option<String>,
    /// Whose data it is.
    pub data_subjects: Vec<String>,
    /// Role of the company.
    pub role: Option<DataRole>,
    /// Impact assessment: its id or page.
    pub dpia: Option<String>,
    /// Whether there are special categories of data (GDPR article 9).
    pub special_category: Option<bool>,
    /// Key of the job that erases a person.
    pub erasure: Option<String>,
}

/// Role of the company in the processing of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataRole {
    /// It decides about purpose and means.
    Controller,
    /// It processes for somebody else.
    Processor,
}

/// What the product says about recovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dora {
    /// Whether it supports a critical or important function.
    pub critical: Option<bool>,
    /// Recovery time objective, ISO 8601 (`PT4H`).
    pub rto: Option<String>,
    /// Recovery point objective, ISO 8601.
    pub rpo: Option<String>,
    /// How it is backed up.
    pub backup: Option<String>,
    /// When a restore was last tried, `YYYY-MM-DD`.
    pub restore_tested: Option<String>,
    /// Id in the register of information.
    pub register_id: Option<String>,
    /// Whom to call.
    pub incident_contact: Option<String>,
}

/// What the product says about risk data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bcbs239 {
    /// Whether it is risk data.
    pub applies: Option<bool>,
    /// How it is reconciled with accounting.
    pub reconciliation: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// What the product says about its use in artificial intelligence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArtificialIntelligence {
    /// What it is used for.
    pub purpose: Option<String>,
    /// Class of risk.
    pub risk_class: Option<String>,
    /// How people oversee it.
    pub oversight: Option<String>,
    /// How it is evaluated.
    pub evaluation: Option<String>,
}

impl Regulation {
    pub(crate) fn read(reader: &mut Reader, value: &Value<'_>) -> Option<Self> {
        let object = reader.object(value, &["gdpr", "dora", "bcbs239", "ai", "register"])?;
        Some(Self {
            gdpr: object.get("gdpr").and_then(|value| gdpr(reader, &value)),
            dora: object.get("dora").and_then(|value| dora(reader, &value)),
            bcbs239: object.get("bcbs239").and_then(|value| bcbs239(reader, &value)),
            ai: object
                .get("ai")
                .and_then(|value| artificial_intelligence(reader, &value)),
            register: object.get("register").and_then(|value| {
                let register = reader.object(&value, &["id"])?;
                reader.required_text(&register, "id")
            }),
        })
    }
}

fn gdpr(reader: &mut Reader, value: &Value<'_>) -> Option<Gdpr> {
    let keys = [
        "personal_data",
        "lawful_basis",
        "purpose",
        "data_subjects",
        "role",
        "dpia",
        "special_category",
        "erasure",
    ];
    let object = reader.object(value, &keys)?;
    let roles = [("controller", DataRole::Controller), ("processor", DataRole::Processor)];
    Some(Gdpr {
        personal_data: reader.optional_flag(&object, "personal_data"),
        lawful_basis: reader.optional_text(&object, "lawful_basis"),
        purpose: reader.optional_text(&object, "purpose"),
        data_subjects: reader.texts(&object, "data_subjects"),
        role: object.get("role").and_then(|value| reader.word(&value, &roles)),
        dpia: reader.optional_text(&object, "dpia"),
        special_category: reader.optional_flag(&object, "special_category"),
        erasure: reader.optional_text(&object, "erasure"),
    })
}

fn dora(reader: &mut Reader, value: &Value<'_>) -> Option<Dora> {
    let keys = [
        "critical",
        "rto",
        "rpo",
        "backup",
        "restore_tested",
        "register_id",
        "incident_contact",
    ];
    let object = reader.object(value, &keys)?;
    Some(Dora {
        critical: reader.optional_flag(&object, "critical"),
        rto: duration(reader, &object, "rto"),
        rpo: duration(reader, &object, "rpo"),
        backup: reader.optional_text(&object, "backup"),
        restore_tested: date(reader, &object, "restore_tested"),
        register_id: reader.optional_text(&object, "register_id"),
        incident_contact: reader.optional_text(&object, "incident_contact"),
    })
}

fn bcbs239(reader: &mut Reader, value: &Value<'_>) -> Option<Bcbs239> {
    let object = reader.object(value, &["applies", "reconciliation", "owner"])?;
    Some(Bcbs239 {
        applies: reader.optional_flag(&object, "applies"),
        reconciliation: reader.optional_text(&object, "reconciliation"),
        owner: reader.optional_text(&object, "owner"),
    })
}

fn artificial_intelligence(reader: &mut Reader, value: &Value<'_>) -> Option<ArtificialIntelligence> {
    let object = reader.object(value, &["purpose", "risk_class", "oversight", "evaluation"])?;
    Some(ArtificialIntelligence {
        purpose: reader.optional_text(&object, "purpose"),
        risk_class: reader.optional_text(&object, "risk_class"),
        oversight: reader.optional_text(&object, "oversight"),
        evaluation: reader.optional_text(&object, "evaluation"),
    })
}

/// A duration in the form of ISO 8601.
fn duration(reader: &mut Reader, object: &Object<'_>, key: &str) -> Option<String> {
    let value = object.get(key)?;
    let text = reader.text(&value)?;
    // Jiff reads a friendly form (`4h`) too, which other readers of the file would not.
    if text.starts_with('P') && text.parse::<Span>().is_ok() {
        return Some(text);
    }
    let help = "write it as ISO 8601, such as `PT4H` for four hours or `P1D` for a day".to_owned();
    reader.error(&value, format!("`{text}` is not a duration"), Some(help));
    None
}

/// A calendar day.
pub(crate) fn date(reader: &mut Reader, object: &Object<'_>, key: &str) -> Option<String> {
    let value = object.get(key)?;
    let text = reader.text(&value)?;
    if text.len() == 10 && text.parse::<Date>().is_ok() {
        return Some(text);
    }
    let help = "write it as year, month and day: `2027-03-31`".to_owned();
    reader.error(&value, format!("`{text}` is not a date"), Some(help));
    None
}
