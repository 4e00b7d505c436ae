//! A platform whose production environment is governed, with its workspaces, and a product from the shipped blueprint.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use sluice_databricks::{Client, ConfigurationSources};
use sluice_testkit::{Environment, Workspaces};
use sluice_wire::{Method, Request};

/// Roles of most tests: the engineer, who writes everything, holds them as well.
pub(crate) const ROLES: &str = "principals: {test@sluice.test: engineer@sluice.test, sluice@localhost: engineer@sluice.test}
roles:
  domain-owner: {groups: [domain-owners], users: [engineer@sluice.test, steward@sluice.test, de910e50-0000-4000-8000-000000000001]}
  business: {groups: [business-reviewers], users: [engineer@sluice.test]}
  legal: {groups: [legal-reviewers]}
";
/// One domain owner must agree.
pub(crate) const ONE: &str = "    approvals: [{role: domain-owner}]\n";

/// What a command answered: exit code, standard output as JSON, messages.
pub(crate) type Answer = (Option<i32>, Value, String);

pub(crate) struct World<'environment> {
    pub(crate) environment: &'environment Environment,
    _workspaces: Workspaces<'environment>,
    hosts: [String; 3],
}

pub(crate) fn environment() -> Environment {
    Environment::new(env!("CARGO_BIN_EXE_sluice"))
}

impl<'environment> World<'environment> {
    /// A world whose production environment has these keys besides the usual ones.
    pub(crate) fn new(environment: &'environment Environment, prod: &str) -> Self {
        environment.write("platform.yaml", "version: 1\nid: trial\nenvironments: []\n");
        Self::around(environment, environment.workspaces().unwrap(), prod)
    }

    /// As [`Self::new`], with workspaces where requests go wrong when they are told to.
    pub(crate) fn with_faults(environment: &'environment Environment) -> Self {
        environment.write("platform.yaml", "version: 1\nid: trial\nenvironments: []\n");
        Self::around(environment, environment.workspaces_with_faults().unwrap(), "")
    }

    fn around(environment: &'environment Environment, workspaces: Workspaces<'environment>, prod: &str) -> Self {
        let text = std::fs::read_to_string(environment.data().join("trial/workspaces/databrickscfg")).unwrap();
        let value = |profile: &str, key: &str| profile_value(&text, profile, key);
        let hosts = [("dev", "engineer"), ("qa", "deployer"), ("prod", "deployer")].map(|(name, principal)| {
            let profile = format!("{name}-{principal}");
            environment.write(&format!("tokens/{name}"), &value(&profile, "token"));
            value(&profile, "host")
        });
        let world = Self {
            environment,
            _workspaces: workspaces,
            hosts,
        };
        world.platform(prod, ROLES);
        let answers = [
            "product_name=flights",
            "schema_prefix=flt",
            "description=Flights",
            "domain=aviation",
            "owner=engineer@sluice.test",
            "steward=steward@sluice.test",
            "support=x",
        ];
        let set = answers.iter().flat_map(|answer| ["--set", answer]);
        let made = environment.sluice(["new", "data-product", "flights"].into_iter().chain(set));
        assert!(made.success().contains("flights"));
        world
    }

    /// Writes the platform anew, with these keys of the production environment and these of the platform.
    pub(crate) fn platform(&self, prod: &str, rest: &str) {
        self.platform_with(prod, rest, "credentials");
    }

    /// As [`Self::platform`]; with another word for `credentials` than that one, production is used with everybody's own token.
    pub(crate) fn platform_with(&self, prod: &str, rest: &str, credentials: &str) {
        let stage = |index: usize, name: &str, more: &str| {
            let file = self.environment.work().join("tokens").join(name);
            let reference = if name == "prod" && credentials != "credentials" {
                String::new()
            } else {
                format!("    credentials: {{file: {}}}\n", file.display())
            };
            format!(
                "  - name: {name}\n    target: {name}\n    host: {}\n{reference}    values: {{catalog: {name}}}\n{more}",
                self.hosts[index]
            )
        };
        let stages = [
            stage(0, "dev", ""),
            stage(1, "qa", "    requires: [dev]\n"),
            stage(2, "prod", &format!("    requires: [qa]\n{prod}")),
        ];
        let text = format!("version: 1\nid: trial\nenvironments:\n{}{rest}", stages.concat());
        self.environment.write("platform.yaml", &text);
    }

    pub(crate) fn profile_file(&self) -> PathBuf {
        self.environment.data().join("trial/workspaces/databrickscfg")
    }

    /// The token of a profile of the local workspaces.
    pub(crate) fn token(&self, profile: &str) -> String {
        profile_value(&std::fs::read_to_string(self.profile_file()).unwrap(), profile, "token")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.environment.command(env!("CARGO_BIN_EXE_sluice").as_ref());
        command
            .current_dir(self.environment.work().join("flights"))
            .env("DATABRICKS_CONFIG_FILE", self.profile_file())
            .args(arguments);
        command
    }

    pub(crate) fn sluice(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).args(["-o", "json"]).output().unwrap())
    }

    /// As [`Self::sluice`], of a command that must succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        let (code, answer, stderr) = self.sluice(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {answer}\n{stderr}");
        answer
    }

    /// Runs a command that must be refused, and gives its messages.
    pub(crate) fn refused(&self, arguments: &[&str], reason: &str) -> String {
        let (code, _, stderr) = self.sluice(arguments);
        assert_eq!(code, Some(3), "{arguments:?}: {stderr}");
        assert!(stderr.contains(reason), "{arguments:?}: {stderr}");
        self.ledger_is_sound();
        stderr
    }

    /// Runs several commands at the same time.
    pub(crate) fn at_once(&self, commands: &[&[&str]]) -> Vec<Answer> {
        let spawn = |arguments: &&[&str]| -> Child {
            let mut command = self.command(arguments);
            command
                .args(["-o", "json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let children: Vec<Child> = commands.iter().map(spawn).collect();
        children
            .into_iter()
            .map(|child| answer(child.wait_with_output().unwrap()))
            .collect()
    }

    /// Runs a command and kills it (SIGKILL) when a line of its messages contains a text. Whether it came to that.
    pub(crate) fn killed_at(&self, arguments: &[&str], text: &str) -> bool {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let messages = BufReader::new(child.stderr.take().unwrap());
        let found = messages.lines().map_while(Result::ok).any(|line| line.contains(text));
        child.kill().unwrap();
        child.wait().unwrap();
        found
    }

    /// Runs a command and kills it (SIGKILL) when it has written so many lines of messages. Whether it came to that.
    pub(crate) fn killed_after(&self, arguments: &[&str], lines: usize) -> bool {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let messages = BufReader::new(child.stderr.take().unwrap());
        let seen = messages.lines().map_while(Result::ok).take(lines).count();
        child.kill().unwrap();
        child.wait().unwrap();
        seen == lines
    }

    /// Commits a file as the person with this e-mail address.
    pub(crate) fn commit_as(&self, email: &str, path: &str, text: &str) {
        self.environment.write(&format!("flights/{path}"), text);
        let added = self.environment.git("flights", ["add", "--all"]);
        assert_eq!(added.code, Some(0), "{added:?}");
        let author = format!("Somebody <{email}>");
        let committed = self
            .environment
            .git("flights", ["commit", "--quiet", "--author", &author, "--message", path]);
        assert_eq!(committed.code, Some(0), "{committed:?}");
    }

    /// The engineer commits another volume.
    pub(crate) fn commit_volume(&self, name: &str) {
        self.commit_as("test@sluice.test", &format!("resources/{name}.yml"), &volume(name));
    }

    /// What is checked out is verified, frozen and brought to qa.
    pub(crate) fn to_qa(&self, version: &str) {
        self.done(&["verify", "-t", "dev"]);
        self.done(&["freeze", version]);
        self.done(&["promote", version, "--to", "qa"]);
    }

    /// Asks for production and gives the ids of the promotion and of its one approval.
    pub(crate) fn asked(&self, version: &str) -> (String, String) {
        let report = self.done(&["promote", version, "--to", "prod"]);
        assert_eq!(report["promotion"]["state"], "awaiting_approval", "{report}");
        let live: Vec<&Value> = report["approvals"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["state"] == "open")
            .collect();
        assert_eq!(live.len(), 1, "{report}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&report["promotion"]["id"]), text(&live[0]["id"]))
    }

    /// Changes the production workspace past Sluice, so that the plan becomes another one.
    pub(crate) fn drift(&self, comment: &str) {
        let schema = Request::new(Method::Patch, "/api/2.1/unity-catalog/schemas/prod.flt_gold");
        self.admin(&schema.json(json!({ "comment": comment })));
    }

    /// Sends a request to the production workspace as its administrator.
    pub(crate) fn admin(&self, request: &Request) -> Value {
        self.send_as("prod-admin", request)
    }

    /// Sends a request with the token of a profile.
    pub(crate) fn send_as(&self, profile: &str, request: &Request) -> Value {
        let sources = ConfigurationSources {
            profile: Some(profile.to_owned()),
            environment: [(
                "DATABRICKS_CONFIG_FILE".to_owned(),
                self.profile_file().display().to_string(),
            )]
            .into(),
            ..ConfigurationSources::default()
        };
        let client = Client::new(&sources.resolve().unwrap()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let response = runtime.block_on(client.send(request)).unwrap();
        serde_json::from_slice(&response.body).unwrap_or(Value::Null)
    }

    /// The kinds of the ledger's events about decisions, in order.
    pub(crate) fn decisions(&self) -> Vec<String> {
        let history = self.done(&["history"]);
        let kinds = history
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["kind"].as_str().unwrap().to_owned());
        kinds
            .filter(|kind| {
                ["approval.", "signoff.", "change."]
                    .iter()
                    .any(|prefix| kind.starts_with(prefix))
            })
            .collect()
    }

    pub(crate) fn ledger_is_sound(&self) -> u64 {
        let verified = self.done(&["ledger", "verify"]);
        assert_eq!(verified["verified"], true, "{verified}");
        verified["entries"].as_u64().unwrap()
    }
}

fn profile_value(text: &str, profile: &str, key: &str) -> String {
    let section = text.split(&format!("[{profile}]")).nth(1).unwrap();
    let line = section.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_once('=').unwrap().1.trim().to_owned()
}

pub(crate) fn volume(name: &str) -> String {
    format!(
        "resources:\n  volumes:\n    {name}: {{catalog_name: \"${{var.catalog}}\", schema_name: \"${{resources.schemas.bronze.name}}\", name: {name}}}\n"
    )
}

fn answer(output: std::process::Output) -> Answer {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked at"), "{stderr}");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        stderr,
    )
}
