# METADATA
# title: "Jobs run as a service principal"
# custom:
#   id: AC-09
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Set `run_as: {service_principal_name: \u2026}` of the job or the bundle, or deploy as a service principal."
package sluice.ac_09

import data.sluice.library

subjects contains sprintf("resources.jobs.%s", [key]) if some key, _ in input.assets.jobs

run_as(job) := library.map(job.definition, "run_as") if {
	count(library.map(job.definition, "run_as")) > 0
} else := library.map(input.bundle, "run_as")

service(job) if library.text(run_as(job), "service_principal_name") != ""

service(job) if {
	count(run_as(job)) == 0
	deployer.service == true
}

deployer := library.map(input.target, "deployer")

findings contains library.finding(sprintf("resources.jobs.%s", [key]), ["assets", "jobs", key], message, {"run_as": run_as(job), "deployer": library.text(deployer, "name")}) if {
	some key, job in input.assets.jobs
	not service(job)
	message := sprintf("job `%s` runs as a person", [key])
}
