//! Python with the environment of the engine: scripts with a Spark session, and scripts without.

use std::io::Write as _;
use std::process::{Command, Stdio};

use sluice_workspace::compute::{TaskIdentity, TaskSession};

use crate::support::Lab;

impl Lab {
    /// A session of a task of this principal, and its connection string.
    pub(crate) async fn remote(&self, principal: &str) -> (TaskSession, String) {
        let identity = TaskIdentity {
            principal: self.principal(principal).await,
            run: "1".to_owned(),
            catalog: None,
            schema: Some(self.schema.clone()),
        };
        let session = self.workspace.compute.open_session(identity);
        let gateway = self.workspace.compute.gateway().await.unwrap();
        let remote = gateway.remote(&session).expose().clone();
        (session, remote)
    }

    /// Runs Python with a Spark session of a principal, and returns what it printed.
    pub(crate) async fn python(&self, principal: &str, script: &str) -> Vec<String> {
        let (_session, remote) = self.remote(principal).await;
        let script = format!("{}\n{script}", include_str!("client.py"));
        self.python_with(&script, &[("SPARK_REMOTE", remote)]).await
    }

    /// Runs Python without a session.
    pub(crate) async fn plain_python(&self, script: &str) -> Vec<String> {
        self.python_with(script, &[]).await
    }

    /// Runs Python with these variables in its environment.
    pub(crate) async fn python_with(&self, script: &str, variables: &[(&'static str, String)]) -> Vec<String> {
        let python = self.workspace.compute.environment().await.unwrap().python.clone();
        let (program, variables) = (script.to_owned(), variables.to_vec());
        let output = tokio::task::spawn_blocking(move || {
            let mut child = Command::new(python)
                .args(["-W", "ignore", "-"])
                .envs(variables)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        })
        .await
        .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}
