//! Deploys a configuration onto the model, as a caller of the engine does it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_model::{Diagnostic, Tree};
use sluice_wire::Method;

use super::workspace::Workspace;
use crate::engine::{
    Applied, Observation, Observed, Plan, PlanOptions, States, Verdict, order, plan, reads, refreshes, steps,
};
use crate::language::{Bundle, CurrentUser, SyncRules, WorkspacePaths};

/// A bundle of these resources and catalog kinds.
pub(super) fn bundle(resources: Value, catalog: Value) -> Bundle {
    let path = |name: &str| format!("/Workspace/Users/deployer/.bundle/flights/dev{name}");
    Bundle {
        name: "flights".to_owned(),
        target: "dev".to_owned(),
        mode: None,
        config: Tree::from_json(&json!({"resources": resources})),
        catalog: Tree::from_json(&catalog),
        workspace: WorkspacePaths {
            host: "https://dev.test".to_owned(),
            root_path: path(""),
            file_path: path("/files"),
            resource_path: path("/resources"),
            artifact_path: path("/artifacts"),
            state_path: path("/state"),
        },
        current_user: CurrentUser {
            user_name: "deployer".to_owned(),
            display_name: "Deployer".to_owned(),
            service_principal: false,
            record: sluice_model::Tree::default(),
        },
        git: None,
        sync: SyncRules::default(),
        protected: Vec::new(),
        secrets: BTreeMap::new(),
        ignored: BTreeMap::new(),
    }
}

/// One deployment with its workspace and state.
#[derive(Default)]
pub(super) struct Deployment {
    pub(super) workspace: Workspace,
    pub(super) states: States,
    pub(super) options: PlanOptions,
    /// Stops the next deployment at this changing request, counted from 0.
    pub(super) stop_at: Option<Stop>,
}

/// Where a deployment is killed.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    /// Which changing request is the last.
    pub(super) request: usize,
    /// Whether the workspace still carries it out.
    pub(super) takes_effect: bool,
}

impl Deployment {
    /// Plans, going through a saved plan.
    pub(super) fn plan(&mut self, bundle: &Bundle) -> Result<Plan, Vec<Diagnostic>> {
        let mut observed = Observed::new();
        loop {
            let round = reads(bundle, &self.states, &observed, &self.options);
            if round.is_empty() {
                break;
            }
            for read in round {
                let mut pages = vec![self.workspace.send(&read.request)];
                let mut request = read.request.clone();
                while let Some(next) = read.next_page(&request, &pages[pages.len() - 1]) {
                    pages.push(self.workspace.send(&next));
                    request = next;
                }
                let before = observed.insert(read.key.clone(), read.observe(&pages).unwrap());
                assert!(matches!(before, None | Some(Observation::Found(_) | Observation::Lost)));
            }
        }
        let plan = plan(bundle, &self.states, &observed, &self.options)?;
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(Plan::parse(&text).unwrap(), plan);
        Ok(plan)
    }

    /// Plans and applies; gives back what the plan said.
    pub(super) fn deploy(&mut self, bundle: &Bundle) -> Vec<String> {
        let plan = self.plan(bundle).unwrap();
        self.apply(&plan);
        plan.lines()
    }

    /// Applies a plan; `false` when it was stopped on the way, with the key of the unanswered call noted as interrupted.
    pub(super) fn apply(&mut self, plan: &Plan) -> bool {
        self.states.begin("lineage", "0.1.0");
        let mut sent_before = 0;
        let mut applied = Applied::new(plan, &self.states);
        for key in order(plan) {
            for read in refreshes(plan, &key, &applied) {
                let answer = self.workspace.send(&read.request);
                applied.observe(&read.key, read.observe(&[answer]).unwrap());
            }
            let mut before: Option<crate::engine::Outcome> = None;
            for step in steps(plan, &key, &applied).unwrap() {
                let step = before
                    .as_ref()
                    .map_or_else(|| step.clone(), |before| step.following(before));
                let mut request = step.request.clone();
                let outcome = loop {
                    let Some(sent) = request else {
                        break step.without_request().unwrap();
                    };
                    let changes = sent.method != Method::Get;
                    if let Some(stop) = self.stop_at.filter(|stop| changes && stop.request == sent_before) {
                        if stop.takes_effect {
                            self.workspace.send(&sent);
                        }
                        self.options.interrupted.insert(key);
                        return false;
                    }
                    sent_before += usize::from(changes);
                    match step.judge(&self.workspace.send(&sent)) {
                        Verdict::Done(outcome) => break outcome,
                        Verdict::Poll(next) => request = Some(next),
                        Verdict::Failed { code, message } => panic!("{key} {}: {code}: {message}", step.description),
                    }
                };
                let change = step.state_after(&outcome);
                applied.record(&key, &change);
                self.states.record(&key, change);
                before = Some(outcome);
            }
        }
        let text = |state: &crate::engine::State| state.to_text().unwrap();
        let read = States::parse(Some(&text(&self.states.resources)), Some(&text(&self.states.catalog))).unwrap();
        assert_eq!(read, self.states);
        self.options.interrupted.clear();
        true
    }
}

/// Deploys, and checks that the same configuration then plans to nothing.
pub(super) fn deployed(bundle: &Bundle) -> Deployment {
    let mut deployment = Deployment::default();
    deployment.deploy(bundle);
    assert_unchanged(&mut deployment, bundle);
    deployment
}

pub(super) fn assert_unchanged(deployment: &mut Deployment, bundle: &Bundle) {
    let plan = deployment.plan(bundle).unwrap();
    assert!(plan.is_empty(), "{:#?}\n{:#?}", plan.lines(), plan.plan);
}

/// The changed fields that the plan names for one key, those that need nothing left out.
pub(super) fn changed(plan: &Plan, key: &str) -> Vec<String> {
    plan.plan[&key.parse().unwrap()]
        .changes
        .iter()
        .filter(|(_, change)| change.action != crate::engine::Action::Skip)
        .map(|(path, change)| format!("{} {path}", change.action.as_str()))
        .collect()
}
