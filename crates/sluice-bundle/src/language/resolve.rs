//! The stages of resolution in order.

use sluice_model::{Diagnostic, Node, Trail, Tree, TreePath};

use super::check::Check;
use super::interpolate::Resolver;
use super::paths::Translation;
use super::python::Python;
use super::session::{Session, Stopped};
use super::settings::Settings;
use super::shape::Type;
use super::target::Chosen;
use super::{Bundle, CurrentUser, Inputs, Resolution, WorkspacePaths};
use super::{
    apps, artifacts, catalog_files, cli_version, clusters, compute, contents, defaults, graph, include, libraries,
    mode, normalise, permissions, presets, python, scripts, shape, sync,
};
use super::{secrets, target, task_graph, unsupported, variables, volume_paths, workspace};

/// Resolves the bundle of one target, or says what is missing or wrong. Pure: the same inputs give the same answer.
#[must_use]
pub fn resolve(inputs: &Inputs) -> Resolution {
    Resolving::default().resolve(inputs)
}

/// The rounds of one resolution, which keep what the files came to once nothing was missing for it: a large bundle is read once.
#[derive(Default)]
pub struct Resolving {
    read: Option<(Written, Vec<Diagnostic>)>,
}

impl Resolving {
    /// As [`resolve()`]. From one round to the next, `inputs` may only grow by what was asked for.
    pub fn resolve(&mut self, inputs: &Inputs) -> Resolution {
        let mut session = Session::new(inputs);
        let bundle = self.read(&mut session).and_then(|written| run(written, &mut session));
        match bundle {
            Ok(bundle) if session.proceed().is_ok() => {
                Resolution::Resolved(Box::new(bundle), session.into_diagnostics())
            }
            Ok(_) | Err(Stopped) => session.into_resolution(),
        }
    }

    fn read(&mut self, session: &mut Session<'_>) -> Result<Written, Stopped> {
        if let Some((written, diagnostics)) = self.read.take() {
            session.take_over(diagnostics.clone());
            // A copy is kept as long as another round may come: until somebody has signed in and names have been looked up.
            let inputs = session.inputs;
            let last = !inputs.lookups.is_empty() || !variables::ask_for_lookups(&written.root);
            if inputs.current_user.is_none() || !last {
                self.read = Some((written.clone(), diagnostics));
            }
            return Ok(written);
        }
        let written = read(session)?;
        if session.is_answered() {
            self.read = Some((written.clone(), session.diagnostics().to_vec()));
        }
        Ok(written)
    }
}

/// Stands for the user while nobody has been asked.
pub(super) const NOBODY: &str = "not_signed_in_yet";

fn run(mut written: Written, session: &mut Session<'_>) -> Result<Bundle, Stopped> {
    let lookups = variables::assign(&mut written.root, &written.chosen.name, session);
    let git = session.git().flatten();
    workspace::git(&mut written.root, git, session);
    let Some(user) = workspace::sign_in(&mut written.root, session) else {
        // Whatever is wrong in the files is said before anybody needs a workspace.

        let nobody = CurrentUser {
            user_name: NOBODY.to_owned(),
            display_name: NOBODY.to_owned(),
            service_principal: false,
            record: Tree::default(),
        };
        workspace::prepare(&mut written.root, &nobody, session);
        complete(written, &nobody, false, session)?;
        return Err(Stopped);
    };
    workspace::prepare(&mut written.root, user, session);
    let known = variables::look_up(&mut written.root, &lookups, session);
    complete(written, user, known, session)
}

/// From the files and the user to the bundle. As long as not everything is `known` about the workspace, what depends on it is not
/// judged, and there is no bundle.
fn complete(written: Written, user: &CurrentUser, known: bool, session: &mut Session<'_>) -> Result<Bundle, Stopped> {
    let Written {
        mut root,
        chosen,
        catalog,
        settings,
        name,
    } = written;
    let git = session.inputs.git.as_ref().and_then(Option::as_ref);
    let written = secrets::written(&root);
    let mut config = interpolate(&mut root, session);
    let secrets = secrets::take(&written, &mut config);
    let paths = workspace::resolved(&mut config, user, session)?;
    if known {
        workspace::check(&config, &paths, session);
    }
    let sync = sync::rules(&mut config, git, session);
    if let (Some(None), Some(place)) = (&session.inputs.git, &sync.bundle_root) {
        workspace::place_without_git(&mut config, place);
    }
    conform(&mut config, session);
    presets::not_source_linked(&mut config, session);
    if known {
        presets::of_mode(&mut config, chosen.mode, user, session);
    }
    let python = Python::of(&mut config, session);
    let mut catalog = shape_resources(&mut config, &catalog, &root, session);
    if python.is_none() {
        check_references(&config, &catalog, session);
    }
    if known {
        permissions::run_as(&mut config, user, session);
    }
    if known {
        compute::replace(&mut config, chosen.mode, session);
    }
    presets::apply(&mut config);
    if known {
        mode::validate(&config, &chosen, &paths, user, session);
    }
    permissions::apply(&mut config, user, session);
    let mut local_libraries = false;
    if let Some(resources) = config.get_mut("resources") {
        defaults::set(resources, &paths);
    }
    if let Some(python) = python.filter(|_| known) {
        let initialising = Initialising {
            root: &root,
            chosen: &chosen,
            user,
            paths: &paths,
        };
        initialising.add_from_python(&python, &mut config, session)?;
        check_references(&config, &catalog, session);
    }
    if let Some(resources) = config.get_mut("resources") {
        local_libraries = libraries::relate(resources, session);
        Translation::new(&sync, &paths.file_path).apply(resources, session);
        defaults::annotate(resources, &paths);
        // After the presets, which change the names of schemas.
        volume_paths::fill(resources, &mut catalog);
    }
    artifacts::prepare(&mut config, local_libraries, session);
    session.proceed()?;
    Ok(Bundle {
        name,
        target: chosen.name,
        mode: chosen.mode,
        config,
        catalog,
        workspace: paths,
        current_user: user.clone(),
        git: git.cloned(),
        sync,
        ignored: settings.ignored(),
        protected: settings.protected(),
        secrets,
    })
}

/// What stands in the files, with the target chosen and its overrides applied.
#[derive(Clone)]
struct Written {
    root: Tree,
    chosen: Chosen,
    catalog: Tree,
    settings: Settings,
    name: String,
}

/// Everything that needs no workspace: files, merging, target, fields.
fn read(session: &mut Session<'_>) -> Result<Written, Stopped> {
    // Asked for in the first round, to be there when they are used.
    let _ = (session.git(), session.glob(catalog_files::PATTERN));
    let settings = Settings::load(session);
    let mut root = include::load(session)?;
    Check::written(session, false).conform(&mut root, Type::Object(&shape::ROOT), &TreePath::default());
    let name = bundle_name(&mut root, session);
    let targets: Vec<String> = ["targets", "environments"]
        .iter()
        .filter_map(|block| root.get(block)?.as_mapping())
        .flat_map(|targets| targets.keys().cloned())
        .collect();
    compute::rename(&mut root, session);
    let chosen = target::choose(&root, session)?;
    target::apply(&mut root, &chosen, session);
    unsupported::refuse(&root, session);
    secrets::check(&root, session);
    scripts::check(&root, session);
    cli_version::check(&root, session);

    let catalog = catalog_files::load(&chosen.name, &targets, session);
    Ok(Written {
        root,
        chosen,
        catalog,
        settings,
        name: name.unwrap_or_default(),
    })
}

/// Brings the resolved blocks into their types; values that came out of variables are checked here for the first time.
fn conform(config: &mut Tree, session: &mut Session<'_>) {
    for (key, of) in [
        ("artifacts", shape::ARTIFACTS),
        ("presets", Type::Object(&shape::PRESETS)),
        ("run_as", Type::Object(&shape::RUN_AS)),
        ("scripts", shape::SCRIPTS),
        ("sync", Type::Object(&shape::SYNC)),
        ("permissions", shape::BUNDLE_PERMISSIONS),
    ] {
        if let Some(block) = config.get_mut(key) {
            Check::resolved(session, false).conform(block, of, &TreePath::keys([key]));
        }
    }
}

/// Normalises the resources and the catalog and checks them against each other.
fn shape_resources(config: &mut Tree, catalog: &Tree, root: &Tree, session: &mut Session<'_>) -> Tree {
    let (mut resources, declared) = match config.get_mut("resources") {
        Some(resources) => (std::mem::take(resources), true),
        None => (Tree::mapping(), false),
    };
    contents::read(&mut resources, session);
    normalise::resources(&mut resources, session);
    let path = TreePath::keys(["resources"]);
    Check::resolved(session, false).conform(&mut resources, Type::Object(&shape::RESOURCES), &path);
    let catalog = catalog_files::resolve(catalog, root, &resources, session);
    clusters::check(&mut resources, session);
    clusters::normalise(&mut resources);
    if declared {
        config.set("resources", resources);
    }
    catalog
}

/// Checks the resources against each other and the catalog.
fn check_references(config: &Tree, catalog: &Tree, session: &mut Session<'_>) {
    let none = Tree::mapping();
    let resources = config.get("resources").unwrap_or(&none);
    graph::check(resources, catalog, session);
    task_graph::check(resources, session);
    apps::check(resources, session);
}

/// What the resources of one part of a configuration go through before their paths are translated.
struct Initialising<'a> {
    root: &'a Tree,
    chosen: &'a Chosen,
    user: &'a CurrentUser,
    paths: &'a WorkspacePaths,
}

impl Initialising<'_> {
    /// Adds what Python functions add, and changes what they change.
    fn add_from_python(&self, python: &Python, config: &mut Tree, session: &mut Session<'_>) -> Result<(), Stopped> {
        session.proceed()?;
        let added = python.load(config, session)?;
        let mut part = config.clone();
        part.set("resources", self.normalised(added, session));
        permissions::run_as(&mut part, self.user, session);
        compute::replace(&mut part, self.chosen.mode, session);
        presets::apply(&mut part);
        permissions::apply(&mut part, self.user, session);
        if let Some(mut added) = part.remove("resources") {
            defaults::set(&mut added, self.paths);
            python::put(config, &added);
        }
        session.proceed()?;
        let changed = python.change(config, session)?;
        python::put(config, &self.normalised(changed, session));
        session.proceed()
    }

    /// Resources with their references filled in, in the form and the types that the service has for them.
    fn normalised(&self, resources: Tree, session: &mut Session<'_>) -> Tree {
        let path = TreePath::keys(["resources"]);
        let mut resources = Resolver::new(self.root, session).resolve(&resources, &path);
        contents::read(&mut resources, session);
        normalise::resources(&mut resources, session);
        Check::resolved(session, false).conform(&mut resources, Type::Object(&shape::RESOURCES), &path);
        clusters::check(&mut resources, session);
        clusters::normalise(&mut resources);
        resources
    }
}

fn bundle_name(root: &mut Tree, session: &mut Session<'_>) -> Option<String> {
    if let Some(name) = root.get_mut("bundle").and_then(|bundle| bundle.get_mut("name"))
        && (name.as_mapping().is_some() || name.as_sequence().is_some())
    {
        // The check of fields has said so, and nothing that is made of the name needs to say it again.
        name.node = Node::String("unnamed".to_owned());
        return None;
    }
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

/// The whole configuration with its references replaced. The resources, which can be large, are taken out of `root`: nothing refers to
/// them here.
fn interpolate(root: &mut Tree, session: &mut Session<'_>) -> Tree {
    let resources = root.remove("resources");
    let mut resolver = Resolver::new(root, session);
    let mut config = Tree::mapping();
    for (key, value) in root.as_mapping().into_iter().flatten() {
        if !value.is_null() {
            config.set(key, resolver.resolve(value, &TreePath::keys([key.as_str()])));
        }
    }
    if let Some(mut resources) = resources.filter(|resources| !resources.is_null()) {
        resolver.replace(&mut resources, &Trail::From(&TreePath::keys(["resources"])));
        config.set("resources", resources);
    }
    if let Node::Mapping(fields) = &mut config.node {
        fields.sort_keys();
    }
    config
}
