//! The contract as a whole: identity, state, people, servers, price.

use super::access;
use super::comparison::{At, Comparison};
use super::kind::Kind;
use super::pairing::{Identity, pair};
use super::wording;
use crate::contract::{Contract, Located, Server};

/// Compares everything but schema and service levels. The version of the standard alone is no change.
pub(super) fn compare(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    let at = At::of(&previous.place, &current.place);
    if previous.id != current.id {
        let message = format!("the contract was `{}` and is `{}`", previous.id, current.id);
        comparison.change(
            Kind::IdChanged,
            "",
            &At::of(&previous.id.place, &current.id.place),
            message,
        );
    }
    status(comparison, previous, current, &at);
    wording::text(
        comparison,
        "name of the contract",
        (previous.name.as_ref(), current.name.as_ref()),
        "",
        &at,
    );
    wording::usage(comparison, previous, current);
    wording::context(
        comparison,
        (previous.context.as_ref(), current.context.as_ref()),
        "",
        &at,
    );
    wording::annotations(comparison, (&previous.annotations, &current.annotations), "", &at);
    people(comparison, previous, current, &at);
    access::roles(comparison, previous, current);
    servers(comparison, previous, current);
    if previous.price.as_ref().map(|price| &price.value) != current.price.as_ref().map(|price| &price.value) {
        let at = At::either(
            previous.price.as_ref().map(|price| &price.place),
            current.price.as_ref().map(|price| &price.place),
            &at,
        );
        comparison.change(Kind::PriceChanged, "", &at, "the price changed");
    }
}

fn status(comparison: &mut Comparison, previous: &Contract, current: &Contract, at: &At) {
    let (old, new) = (&previous.status, &current.status);
    if old == new {
        return;
    }
    let word = |status: &Option<Located<String>>| {
        status
            .as_ref()
            .map_or("nothing".to_owned(), |status| status.value.clone())
    };
    let kind = match word(new).to_lowercase().as_str() {
        "deprecated" => Kind::StatusDeprecated,
        "retired" => Kind::StatusRetired,
        _ => Kind::StatusChanged,
    };
    let at = At::either(
        old.as_ref().map(|one| &one.place),
        new.as_ref().map(|one| &one.place),
        at,
    );
    let message = format!("the status was `{}` and is `{}`", word(old), word(new));
    comparison.change(kind, "", &at, message);
}

fn people(comparison: &mut Comparison, previous: &Contract, current: &Contract, at: &At) {
    let team = |contract: &Contract| -> Vec<(String, Option<String>)> {
        let members = contract.team.iter();
        members
            .map(|one| {
                (
                    one.username.value.clone(),
                    one.role.as_ref().map(|role| role.value.clone()),
                )
            })
            .collect()
    };
    let support = |contract: &Contract| -> Vec<(String, Option<String>)> {
        let channels = contract.support.iter();
        channels
            .map(|one| (one.channel.value.clone(), one.url.as_ref().map(|url| url.value.clone())))
            .collect()
    };
    let belongs = |contract: &Contract| {
        let text = |field: &Option<Located<String>>| field.as_ref().map(|field| field.value.clone());
        [
            text(&contract.domain),
            text(&contract.tenant),
            text(&contract.data_product),
        ]
    };
    for (what, differs) in [
        ("team", team(previous) != team(current)),
        ("support", support(previous) != support(current)),
        ("domain, tenant or product", belongs(previous) != belongs(current)),
    ] {
        if differs {
            comparison.change(
                Kind::PeopleChanged,
                "",
                at,
                format!("the {what} of the contract changed"),
            );
        }
    }
}

fn servers(comparison: &mut Comparison, previous: &Contract, current: &Contract) {
    fn identities(servers: &[Server]) -> Vec<Identity<'_>> {
        servers
            .iter()
            .map(|server| Identity {
                id: None,
                name: &server.server.value,
                former: Vec::new(),
            })
            .collect()
    }
    let pairing = pair(&identities(&previous.servers), &identities(&current.servers));
    for (old, new, _) in pairing.pairs {
        let (old, new) = (&previous.servers[old], &current.servers[new]);
        if (&old.kind, &old.catalog, &old.schema) != (&new.kind, &new.catalog, &new.schema) {
            let message = format!("server `{}` is another place", new.server);
            comparison.change(Kind::ServerChanged, "", &At::of(&old.place, &new.place), message);
        }
    }
    for index in pairing.dropped {
        let server = &previous.servers[index];
        let at = At::gone(&server.place, &current.place);
        comparison.change(
            Kind::ServerRemoved,
            "",
            &at,
            format!("server `{}` is gone", server.server),
        );
    }
    for index in pairing.added {
        let server = &current.servers[index];
        let message = format!("server `{}` is new", server.server);
        comparison.change(Kind::ServerAdded, "", &At::new(&server.place), message);
    }
}
