# METADATA
# title: "Jobs end, do not overlap, and say when they fail"
# custom:
#   id: AR-07
#   category: architecture
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [bundle]
#   remediation: "Set `timeout_seconds`, `max_concurrent_runs` and `email_notifications.on_failure` (or `webhook_notifications`) of the job."
#   parameters:
#     maximum_concurrent_runs: 1
package sluice.ar_07

import data.sluice.library

parameters := input.parameters["AR-07"]

subjects contains sprintf("resources.jobs.%s", [key]) if some key, _ in input.assets.jobs

notified(job) if {
	some field in ["email_notifications", "webhook_notifications"]
	count(library.list(library.map(job.definition, field), "on_failure")) > 0
}

reasons[key] contains "it has no `timeout_seconds`" if {
	some key, job in input.assets.jobs
	object.get(job.definition, "timeout_seconds", 0) == 0
}

reasons[key] contains "nobody is told when it fails" if {
	some key, job in input.assets.jobs
	not notified(job)
}

reasons[key] contains sprintf("%d runs may overlap", [runs]) if {
	some key, job in input.assets.jobs
	runs := object.get(job.definition, "max_concurrent_runs", 1)
	runs > parameters.maximum_concurrent_runs
}

findings contains library.finding(sprintf("resources.jobs.%s", [key]), ["assets", "jobs", key], message, {}) if {
	some key, found in reasons
	message := sprintf("job `%s`: %s", [key, concat("; ", sort(found))])
}
