//! The stages of resolution in order.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::interpolate::Resolver;
use super::session::{Session, Stopped};
use super::{Bundle, Inputs, Resolution, SyncRules, include, target, variables, workspace};

/// Resolves the bundle of one target, or says what is missing or wrong. Pure: the same inputs give the same answer.
#[must_use]
pub fn resolve(inputs: &Inputs) -> Resolution {
    let mut session = Session::new(inputs);
    match run(&mut session) {
        Ok(bundle) if session.proceed().is_ok() => Resolution::Resolved(Box::new(bundle), session.into_diagnostics()),
        Ok(_) | Err(Stopped) => session.into_resolution(),
    }
}

fn run(session: &mut Session<'_>) -> Result<Bundle, Stopped> {
    let git = session.git();
    let mut root = include::load(session)?;
    let name = bundle_name(&root, session);
    session.proceed()?;
    let chosen = target::choose(&root, session)?;
    target::apply(&mut root, &chosen, session);
    session.proceed()?;
    let lookups = variables::assign(&mut root, &chosen.name, session);
    session.proceed()?;
    let git = git.flatten();
    workspace::git(&mut root, git);
    let user = workspace::prepare(&mut root, session)?;
    variables::look_up(&mut root, &lookups, session);
    session.proceed()?;
    let mut config = interpolate(&root, session);
    session.proceed()?;
    let workspace = workspace::resolved(&mut config, user, session)?;
    Ok(Bundle {
        name: name.ok_or(Stopped)?,
        target: chosen.name,
        mode: chosen.mode,
        config,
        catalog: Tree::mapping(),
        workspace,
        current_user: user.clone(),
        git: git.cloned(),
        sync: SyncRules::default(),
        protected: Vec::new(),
    })
}

fn bundle_name(root: &Tree, session: &mut Session<'_>) -> Option<String> {
    let name = root.get("bundle").and_then(|bundle| bundle.get("name"));
    match name.and_then(super::interpolate::embed).filter(|name| !name.is_empty()) {
        Some(name) => Some(name),
        None => {
            let place = name.or_else(|| root.get("bundle"));
            session.report(
                Diagnostic::error("the bundle has no name")
                    .path(TreePath::keys(["bundle", "name"]))
                    .location(
                        place
                            .and_then(|place| place.key_location.clone())
                            .or_else(|| root.location.clone()),
                    )
                    .help("set `bundle.name`"),
            );
            None
        }
    }
}

/// The whole configuration with its references replaced.
fn interpolate(root: &Tree, session: &mut Session<'_>) -> Tree {
    let mut resolver = Resolver::new(root, session);
    let mut config = Tree::mapping();
    for (key, value) in root.as_mapping().into_iter().flatten() {
        let path = TreePath::keys([key.as_str()]);
        config.set(key, resolver.resolve(value, &path));
    }
    if let Node::Mapping(fields) = &mut config.node {
        fields.sort_keys();
    }
    config
}
