//! A hermetic place for one test: a local workspace on a free port, a bundle in a temporary directory, the binary with an empty
//! environment.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sluice_databricks::{Client, ClientConfiguration, ConfigurationSources};
use sluice_workspace::{ServeOptions, Workspaces};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What the binary answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// Standard output as JSON, after an exit with this code.
    pub(crate) fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, Some(code), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard error, after an exit with this code and nothing on standard output.
    pub(crate) fn refusal(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        &self.stderr
    }
}

pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    pub(crate) host: String,
    pub(crate) bundle: PathBuf,
    pub(crate) profile_file: PathBuf,
    directory: TempDir,
    workspaces: Option<Workspaces>,
}

impl Place {
    /// A place with one workspace named `dev` and an empty bundle directory.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let options = ServeOptions {
            directory: directory.path().join("workspaces"),
            cache_directory: sluice_testkit::shared_cache(),
            base_port: 0,
            names: vec!["dev".to_owned()],
            task_launcher: Vec::new(),
            allow_faults: true,
            strict: false,
            durability: sluice_workspace::Durability::Process,
            git_directories: Vec::new(),
            clock: sluice_workspace::clock::Clock::System,
        };
        let workspaces = runtime.block_on(Workspaces::start(options)).unwrap();
        let bundle = directory.path().join("bundle");
        std::fs::create_dir(&bundle).unwrap();
        Self {
            host: workspaces.hosts()[0].1.clone(),
            profile_file: workspaces.profile_file().to_owned(),
            runtime,
            bundle,
            directory,
            workspaces: Some(workspaces),
        }
    }

    /// Writes a file of the bundle.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.bundle.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes a bundle with a job of one notebook, a schema with a grant, and a volume.
    pub(crate) fn write_bundle(&self, name: &str, host: &str) {
        self.write(
            "databricks.yml",
            &format!(
                "bundle:\n  name: {name}\n\
                 variables:\n  greeting: {{default: hello}}\n\
                 targets:\n  dev:\n    default: true\n    workspace: {{host: \"{host}\"}}\n\
                 resources:\n  \
                   schemas:\n    sales: {{catalog_name: dev, name: {name}, grants: [{{principal: analysts, privileges: [USE_SCHEMA]}}]}}\n  \
                   volumes:\n    landing: {{catalog_name: dev, schema_name: \"${{resources.schemas.sales.name}}\", name: landing}}\n  \
                   jobs:\n    load:\n      name: {name} load\n      \
                     permissions: [{{group_name: analysts, level: CAN_VIEW}}]\n      \
                     parameters: [{{name: greeting, default: \"${{var.greeting}}\"}}]\n      \
                     tasks: [{{task_key: greet, notebook_task: {{notebook_path: ./src/greet.py}}}}]\n"
            ),
        );
        self.write(
            "src/greet.py",
            "# Databricks notebook source\nprint(dbutils.widgets.get('greeting'))\n",
        );
        self.write("src/shared/names.py", "NAMES = ['a']\n");
    }

    /// The binary with these arguments in the bundle's directory, as the engineer.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command
            .args(arguments)
            .current_dir(&self.bundle)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.directory.path())
            .env("DATABRICKS_CONFIG_FILE", &self.profile_file)
            .env("DATABRICKS_TOKEN", self.configuration("engineer").token.expose())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn sluice(&self, arguments: &[&str]) -> Answer {
        finish(self.command(arguments).spawn().unwrap())
    }

    /// Runs the binary with other variables in its environment.
    pub(crate) fn sluice_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        finish(command.spawn().unwrap())
    }

    /// A client of the workspace, as this principal.
    pub(crate) fn client(&self, principal: &str) -> Client {
        Client::new(&self.configuration(principal)).unwrap()
    }

    /// Host and token of this principal.
    pub(crate) fn configuration(&self, principal: &str) -> ClientConfiguration {
        let sources = ConfigurationSources {
            profile: Some(format!("dev-{principal}")),
            environment: [(
                "DATABRICKS_CONFIG_FILE".to_owned(),
                self.profile_file.display().to_string(),
            )]
            .into(),
            ..ConfigurationSources::default()
        };
        sources.resolve().unwrap()
    }

    /// Sends a GET as the administrator.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let mut request = sluice_wire::Request::new(sluice_wire::Method::Get, path);
        for (name, value) in query {
            request = request.query(name, value);
        }
        let client = self.client("admin");
        self.runtime
            .block_on(async { client.exchange(&request, true).await })
            .unwrap()
            .json()
            .unwrap()
    }

    /// The names of the jobs in the workspace.
    pub(crate) fn jobs(&self) -> Vec<String> {
        let answer = self.get("/api/2.2/jobs/list", &[]);
        let jobs = answer["jobs"].as_array().cloned().unwrap_or_default();
        jobs.iter()
            .map(|job| job["settings"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Every file of the workspace below this directory, sorted.
    pub(crate) fn remote_files(&self, path: &str) -> Vec<String> {
        let answer = self.get("/api/2.0/workspace/list", &[("path", path)]);
        let mut files = Vec::new();
        for object in answer["objects"].as_array().cloned().unwrap_or_default() {
            let path = object["path"].as_str().unwrap().to_owned();
            if object["object_type"] == "DIRECTORY" {
                files.extend(self.remote_files(&path));
            } else {
                files.push(path);
            }
        }
        files.sort();
        files
    }

    /// The directory of the bundle's local state.
    pub(crate) fn local_state(&self) -> PathBuf {
        self.bundle.join(".databricks/bundle/dev")
    }

    /// Ends the workspace; its port is free then.
    pub(crate) fn stop_workspace(&mut self) {
        if let Some(workspaces) = self.workspaces.take() {
            self.runtime.block_on(workspaces.stop()).unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop_workspace();
    }
}

pub(crate) fn finish(child: Child) -> Answer {
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
