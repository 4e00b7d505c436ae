//! The rules of `authorize.rs`, each on the smallest chain of objects that shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::principal::PrincipalKind;

fn securable(kind: SecurableKind, full_name: &str, owner: &str) -> Securable {
    Securable {
        id: full_name.to_owned(),
        kind,
        parent_id: None,
        name: String::new(),
        full_name: full_name.to_owned(),
        owner: owner.to_owned(),
        comment: None,
        properties: BTreeMap::new(),
        location: None,
        created_at: 0,
        created_by: String::new(),
        updated_at: 0,
        updated_by: String::new(),
        details: "{}".to_owned(),
    }
}

/// Table `c.s.t`: catalog owned by `catalog-owner`, schema by `schema-owner`, table by `table-owner`; grants as (level, to, what).
fn table(grants: &[(&str, &str, Privilege)]) -> Chain {
    let link = |kind, name: &str, owner: &str| {
        let given = grants.iter().filter(|(level, ..)| *level == name);
        let given = given.map(|(_, to, privilege)| ((*to).to_owned(), *privilege)).collect();
        (securable(kind, name, owner), given)
    };
    Chain {
        links: vec![
            link(SecurableKind::Table, "c.s.t", "table-owner"),
            link(SecurableKind::Schema, "c.s", "schema-owner"),
            link(SecurableKind::Catalog, "c", "catalog-owner"),
            link(SecurableKind::Metastore, "metastore", "admins"),
        ],
        bound: BTreeMap::new(),
    }
}

fn person(name: &str, groups: &[&str]) -> Principal {
    Principal {
        id: 1,
        kind: PrincipalKind::User,
        name: name.to_owned(),
        display_name: name.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect::<BTreeSet<_>>(),
        is_admin: groups.contains(&"admins"),
    }
}

#[track_caller]
fn denied_for(chain: &Chain, principal: &Principal, privilege: Privilege) -> (Privilege, String) {
    match chain.authorize(principal, privilege) {
        Decision::Denied { privilege, on } => (privilege, on),
        Decision::Allowed { rule } => panic!("allowed by {rule}"),
        Decision::Unbound { on, .. } => panic!("{on} is not bound"),
    }
}

const REACH: [(&str, &str, Privilege); 2] = [
    ("c", "ann", Privilege::UseCatalog),
    ("c.s", "ann", Privilege::UseSchema),
];

#[test]
fn a_grant_needs_the_way_to_the_object() {
    let ann = person("ann", &[]);
    let select = ("c.s.t", "ann", Privilege::Select);
    let missing = |grants: &[_]| denied_for(&table(grants), &ann, Privilege::Select);
    assert_eq!(missing(&REACH), (Privilege::Select, "Table 'c.s.t'".to_owned()));
    assert_eq!(missing(&[select]), (Privilege::UseSchema, "Schema 'c.s'".to_owned()));
    assert_eq!(
        missing(&[select, REACH[1]]),
        (Privilege::UseCatalog, "Catalog 'c'".to_owned())
    );
    let decision = table(&[select, REACH[0], REACH[1]]).authorize(&ann, Privilege::Select);
    assert_eq!(
        decision,
        Decision::Allowed {
            rule: Rule::grant("SELECT", "ann", "Table 'c.s.t'")
        }
    );
}

#[test]
fn grants_come_down_from_above_and_through_groups() {
    let bob = person("bob", &["readers"]);
    let chain = table(&[
        ("c", "readers", Privilege::UseCatalog),
        ("c", "readers", Privilege::UseSchema),
        ("c.s", "readers", Privilege::Select),
    ]);
    let decision = chain.authorize(&bob, Privilege::Select);
    assert_eq!(
        decision,
        Decision::Allowed {
            rule: Rule::grant("SELECT", "readers", "Schema 'c.s'")
        }
    );
    assert_eq!(denied_for(&chain, &bob, Privilege::Modify).0, Privilege::Modify);
    assert_eq!(
        denied_for(&chain, &person("eve", &[]), Privilege::Select).0,
        Privilege::Select
    );
}

#[test]
fn all_privileges_does_not_include_manage() {
    let ann = person("ann", &[]);
    let chain = table(&[("c", "ann", Privilege::AllPrivileges)]);
    assert!(chain.authorize(&ann, Privilege::Modify).is_allowed());
    assert_eq!(denied_for(&chain, &ann, Privilege::Manage).0, Privilege::Manage);
}

#[test]
fn owners_above_and_administrators_manage_but_do_not_read() {
    let chain = table(&[]);
    for principal in [
        person("catalog-owner", &[]),
        person("schema-owner", &[]),
        person("root", &["admins"]),
    ] {
        assert!(
            chain.authorize(&principal, Privilege::Manage).is_allowed(),
            "{}",
            principal.name
        );
        assert_eq!(
            denied_for(&chain, &principal, Privilege::Select).0,
            Privilege::Select,
            "{}",
            principal.name
        );
        assert!(chain.sight(&principal).kind != RuleKind::None);
    }
    assert_eq!(
        denied_for(&chain, &person("eve", &[]), Privilege::Manage).0,
        Privilege::Manage
    );
}

#[test]
fn the_owner_of_a_table_still_needs_the_way_to_it() {
    let owner = person("table-owner", &[]);
    assert_eq!(
        denied_for(&table(&[]), &owner, Privilege::Select).0,
        Privilege::UseSchema
    );
    let chain = table(&[
        ("c", "table-owner", Privilege::UseCatalog),
        ("c.s", "table-owner", Privilege::UseSchema),
    ]);
    assert!(chain.authorize(&owner, Privilege::Select).is_allowed());
}

#[test]
fn a_privilege_to_pass_through_does_not_show_what_is_below() {
    let ann = person("ann", &[]);
    assert_eq!(
        table(&REACH).sight(&ann).kind,
        RuleKind::None,
        "USE SCHEMA shows schemas, not tables"
    );
    assert!(table(&[("c", "ann", Privilege::Browse)]).sight(&ann).kind != RuleKind::None);
    assert!(table(&[("c.s", "ann", Privilege::Select)]).sight(&ann).kind != RuleKind::None);
}

#[test]
fn creating_in_a_schema_takes_use_schema_too() {
    let ann = person("ann", &[]);
    let mut chain = table(&[
        ("c", "ann", Privilege::UseCatalog),
        ("c.s", "ann", Privilege::CreateTable),
    ]);
    chain.links.remove(0);
    assert_eq!(denied_for(&chain, &ann, Privilege::CreateTable).0, Privilege::UseSchema);
}

#[test]
fn an_isolated_catalog_is_shut_for_everybody_but_in_bound_workspaces() {
    let bound = |details: &str, bound: Option<BindingType>| {
        let mut chain = table(&[
            ("c.s.t", "ann", Privilege::Select),
            ("c.s.t", "ann", Privilege::Modify),
            REACH[0],
            REACH[1],
        ]);
        chain.links[2].0.details = details.to_owned();
        chain.bound = bound.map(|binding| ("c".to_owned(), binding)).into_iter().collect();
        chain
    };
    let isolated = r#"{"isolation_mode": "ISOLATED"}"#;
    let cases = [
        (r#"{"isolation_mode": "OPEN"}"#, None, [true, true]),
        (isolated, Some(BindingType::ReadWrite), [true, true]),
        (isolated, Some(BindingType::ReadOnly), [true, false]),
        (isolated, None, [false, false]),
        ("not JSON", None, [false, false]),
    ];
    let (ann, owner) = (person("ann", &[]), person("catalog-owner", &["admins"]));
    for (details, binding, [reads, writes]) in cases {
        let chain = bound(details, binding);
        let allows = |who: &Principal, privilege| chain.authorize(who, privilege).is_allowed();
        assert_eq!(
            (
                allows(&ann, Privilege::Select),
                allows(&ann, Privilege::Modify),
                allows(&owner, Privilege::Manage)
            ),
            (reads, writes, writes),
            "{details} {binding:?}"
        );
        assert_eq!(chain.sight(&ann).kind != RuleKind::None, reads, "{details} {binding:?}");
    }
}
