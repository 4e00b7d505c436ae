# METADATA
# title: "Compute is serverless, or bounded by a cluster policy"
# custom:
#   id: AR-06
#   category: architecture
#   severity: {dev: warn, qa: warn, prod: block}
#   needs: [bundle]
#   remediation: "Use serverless compute, or name a `policy_id` and at most the number of workers of the parameter."
#   parameters:
#     maximum_workers: 16
#     minimum_runtime: 14
package sluice.ar_06

import data.sluice.library

parameters := input.parameters["AR-06"]

all_purpose[sprintf("resources.jobs.%s.tasks[%d]", [key, index])] := ["assets", "jobs", key, "definition", "tasks", index] if {
	some key, job in input.assets.jobs
	some index, task in library.list(job.definition, "tasks")
	library.text(task, "existing_cluster_id") != ""
}

subjects contains subject if some subject, _ in library.clusters

subjects contains subject if some subject, _ in all_purpose

findings contains library.finding(subject, entry.path, "the cluster names no cluster policy", {}) if {
	some subject, entry in library.clusters
	library.text(entry.cluster, "policy_id") == ""
}

workers(cluster) := max([object.get(cluster, "num_workers", 0), object.get(library.map(cluster, "autoscale"), "max_workers", 0)])

findings contains library.finding(subject, entry.path, message, {"workers": workers(entry.cluster)}) if {
	some subject, entry in library.clusters
	workers(entry.cluster) > parameters.maximum_workers
	message := sprintf("the cluster may have %d workers, more than %d", [workers(entry.cluster), parameters.maximum_workers])
}

findings contains library.finding(subject, entry.path, message, {"spark_version": version}) if {
	some subject, entry in library.clusters
	version := library.text(entry.cluster, "spark_version")
	to_number(split(regex.replace(version, `[^0-9.].*$`, ""), ".")[0]) < parameters.minimum_runtime
	message := sprintf("runtime `%s` is older than %d", [version, parameters.minimum_runtime])
}

findings contains library.finding(subject, path, "the task runs on an all-purpose cluster", {}) if some subject, path in all_purpose
