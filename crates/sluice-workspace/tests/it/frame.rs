//! Authentication, routing, headers and errors that every operation shares.

use crate::support::Environment;

#[tokio::test]
async fn a_missing_or_unknown_token_is_refused_before_anything_else() {
    let environment = Environment::start().await;
    for token in [None, Some("dapi00000000000000000000000000000000"), Some("")] {
        let answer = environment.with_token("dev", token).get("/api/2.0/no/such").await;
        assert_eq!(answer.error(), (401, "UNAUTHENTICATED".to_owned()), "{token:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"sluice\"");
    }
}

#[tokio::test]
async fn a_token_of_one_workspace_is_unknown_in_another() {
    let environment = Environment::start().await;
    let profiles = sluice_workspace::profiles::read(environment.workspaces.profile_file()).unwrap();
    let token = profiles["dev-admin"].token.expose();
    let answer = environment
        .with_token("prod", Some(token))
        .get("/api/2.0/no/such")
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_every_answer_says_where_it_comes_from() {
    let environment = Environment::start().await;
    let answer = environment.client("admin").get("/api/2.0/no/such").await;
    assert_eq!(answer.error(), (404, "ENDPOINT_NOT_FOUND".to_owned()));
    assert_eq!(answer.header("x-sluice-local"), "dev");
    let org_id = environment.workspaces.workspace("dev").unwrap().org_id;
    assert_eq!(answer.header("x-databricks-org-id"), org_id.to_string());
    let details = &answer.json()["details"];
    assert_eq!(details[1]["request_id"], answer.header("x-request-id"));
    assert_eq!(details[0]["reason"], "ENDPOINT_NOT_FOUND");
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    for (name, value) in [("host", "evil.test"), ("origin", "https://evil.test")] {
        let answer = admin
            .send(admin.request("GET", "/api/2.0/no/such").header(name, value))
            .await;
        assert_eq!(answer.error(), (403, "PERMISSION_DENIED".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn tokens_survive_a_restart_and_the_profile_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let environment = Environment::start().await;
    let path = environment.workspaces.profile_file().to_owned();
    let tokens = |profiles: std::collections::BTreeMap<String, sluice_workspace::profiles::Profile>| {
        profiles
            .into_iter()
            .map(|(name, profile)| (name, profile.token.expose().clone()))
            .collect::<Vec<_>>()
    };
    let before = tokens(sluice_workspace::profiles::read(&path).unwrap());
    assert_eq!(before.len(), 18, "nine principals in each of two workspaces");
    let environment = environment.restart().await;
    assert_eq!(tokens(sluice_workspace::profiles::read(&path).unwrap()), before);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(environment.client("admin").get("/api/2.0/no/such").await.status, 404);
}

#[tokio::test]
async fn a_directory_is_served_once_and_a_taken_port_is_named() {
    let environment = Environment::start().await;
    let options = |directory: std::path::PathBuf, base_port| sluice_workspace::ServeOptions {
        cache_directory: directory.join("cache"),
        directory,
        base_port,
        names: vec!["dev".to_owned()],
        task_launcher: Vec::new(),
        allow_faults: false,
        strict: false,
        durability: sluice_workspace::Durability::Process,
        git_directories: Vec::new(),
        clock: sluice_workspace::clock::Clock::System,
    };
    let served = environment.directory.path().join("workspaces");
    let again = sluice_workspace::Workspaces::start(options(served.clone(), 0))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(again, sluice_workspace::workspaces::ServeError::AlreadyServed { directory } if directory == served)
    );
    let port: u16 = environment.workspaces.hosts()[0]
        .1
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let other = tempfile::tempdir().unwrap();
    let taken = sluice_workspace::Workspaces::start(options(other.path().to_owned(), port))
        .await
        .err()
        .unwrap();
    assert!(
        taken
            .to_string()
            .starts_with(&format!("port {port} of 127.0.0.1, needed for the workspace `dev`")),
        "{taken}"
    );
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token_and_belongs_to_an_operation() {
    // What official clients call and the API description does not list.
    let undocumented = [
        "/api/2.0/workspace-files/",
        "/api/2.0/permissions/sql/warehouses/",
        "/api/2.0/jobs/",
        "/api/2.1/jobs/",
        "/api/2.0/sql/sessions",
        "/api/2.0/sql/statements/",
        "/api/2.0/postgres/synced_tables/",
        "/.well-known/",
        "/oidc/",
        "/api/2.0/accounts/",
        "/_sluice/",
    ];
    let environment = Environment::start().await;
    let anonymous = environment.with_token("dev", None);
    let modules = sluice_workspace::modules();
    let routes: Vec<_> = modules.iter().flat_map(|module| (module.routes)()).collect();
    assert!(routes.len() > 80, "{} routes", routes.len());
    for route in routes {
        let path = route.template.replace("{*", "").replace(['{', '}'], "");
        let answer = anonymous.send(anonymous.request(route.method.as_str(), &path)).await;
        let expected = match (route.access, route.template) {
            // The link itself is the credential, and this one was made by nobody.
            (sluice_workspace::Access::Public, link) if link.starts_with("/_sluice/results/") => 400,
            (sluice_workspace::Access::Public, "/oidc/v1/token") => 400,
            (sluice_workspace::Access::Public, "/oidc/v1/authorize") => 501,
            (sluice_workspace::Access::Public, _) => 200,
            (sluice_workspace::Access::Principal | sluice_workspace::Access::Internal, _) => 401,
        };
        assert_eq!(answer.status, expected, "{} {}", route.method, route.template);
        let listed =
            route.operations().next().is_some() || undocumented.iter().any(|prefix| route.template.starts_with(prefix));
        assert!(listed, "{} {} is no operation of the API", route.method, route.template);
    }
}

#[tokio::test]
async fn an_operation_that_is_not_here_answers_501_with_its_id() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let modules = sluice_workspace::modules();
    let offered = sluice_workspace::route::Router::new(modules.iter().flat_map(|module| (module.routes)()).collect());
    let path = |operation: &sluice_wire::Operation| operation.path.replace(['{', '}'], "");
    let missing = |operation: &&sluice_wire::Operation| offered.find(operation.method, &path(operation)).is_none();
    let missing: Vec<_> = sluice_wire::operations().iter().filter(missing).collect();
    assert!(missing.len() > 700, "{} missing operations", missing.len());
    for operation in missing.into_iter().step_by(37) {
        let path = path(operation);
        let answer = admin.send(admin.request(operation.method.as_str(), &path)).await;
        assert_eq!(answer.status, 501, "{} {path}", operation.method);
        if operation.method != sluice_wire::Method::Head {
            let id = answer.json()["details"][0]["metadata"]["operation_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let named = sluice_wire::operations().iter().find(|each| each.id == id);
            assert_eq!(named.map(|each| each.method), Some(operation.method), "{path}: `{id}`");
        }
    }
}
