//! What a resource has when nobody says otherwise, and the marks that say that a job belongs to a bundle.

use sluice_model::{Node, Tree};

use super::WorkspacePaths;
use super::presets::each;

/// Sets the defaults of all resources.
pub(super) fn set(resources: &mut Tree, paths: &WorkspacePaths) {
    for job in each(resources, "jobs") {
        default(job, "name", "Untitled");
        default(job, "max_concurrent_runs", 1);
        if job.get("queue").is_none_or(Tree::is_null) {
            let mut queue = Tree::mapping();
            queue.set("enabled", true);
            job.set("queue", queue);
        }
        for trigger in ["schedule", "continuous", "trigger"] {
            if let Some(trigger) = job.get_mut(trigger).filter(|trigger| trigger.as_mapping().is_some()) {
                default(trigger, "pause_status", "UNPAUSED");
            }
        }
    }
    for app in each(resources, "apps") {
        default(app, "description", "");
    }
    for volume in each(resources, "volumes") {
        default(volume, "volume_type", "MANAGED");
    }
    for kind in ["genie_spaces", "dashboards", "alerts"] {
        for resource in each(resources, kind) {
            default(resource, "parent_path", paths.resource_path.as_str());
            let folder = resource.get_mut("parent_path");
            if let Some(Node::String(folder)) = folder.map(|folder| &mut folder.node)
                && folder.starts_with('/')
                && !folder.starts_with("/Workspace/")
            {
                folder.insert_str(0, "/Workspace");
            }
        }
    }
    for dashboard in each(resources, "dashboards") {
        default(dashboard, "embed_credentials", false);
    }
    for pipeline in each(resources, "pipelines") {
        default(pipeline, "edition", "ADVANCED");
        default(pipeline, "channel", "CURRENT");
    }
    for warehouse in each(resources, "sql_warehouses") {
        default(warehouse, "auto_stop_mins", 120);
        default(warehouse, "enable_photon", true);
        default(warehouse, "max_num_clusters", 1);
        default(warehouse, "spot_instance_policy", "COST_OPTIMIZED");
    }
    for cluster in each(resources, "clusters") {
        default(cluster, "autotermination_minutes", 60);
        clients(cluster);
    }
    for job in each(resources, "jobs") {
        let Some(Node::Sequence(clusters)) = job.get_mut("job_clusters").map(|clusters| &mut clusters.node) else {
            continue;
        };
        for cluster in clusters {
            if let Some(cluster) = cluster.get_mut("new_cluster") {
                clients(cluster);
            }
        }
    }
}

/// What may run on a cluster that says something about it: everything that it does not exclude.
fn clients(cluster: &mut Tree) {
    let clients = cluster
        .get_mut("workload_type")
        .and_then(|workload| workload.get_mut("clients"));
    if let Some(clients) = clients.filter(|clients| clients.as_mapping().is_some()) {
        default(clients, "jobs", true);
        default(clients, "notebooks", true);
    }
}

fn default(tree: &mut Tree, key: &str, value: impl Into<Tree>) {
    let unset = |tree: &Tree| tree.is_null() || tree.as_str() == Some("");
    if tree.get(key).is_none_or(unset) {
        tree.set(key, value);
    }
}

/// Marks every job and pipeline as deployed by a bundle, so that its page shows where to edit it.
pub(super) fn annotate(resources: &mut Tree, paths: &WorkspacePaths) {
    let mut deployment = Tree::mapping();
    deployment.set("kind", "BUNDLE");
    deployment.set("metadata_file_path", format!("{}/metadata.json", paths.state_path));
    for pipeline in each(resources, "pipelines") {
        pipeline.set("deployment", deployment.clone());
    }
    for job in each(resources, "jobs") {
        job.set("deployment", deployment.clone());
        job.set("edit_mode", "UI_LOCKED");
        job.set("format", "MULTI_TASK");
    }
}
