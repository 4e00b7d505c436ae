# METADATA
# title: "What costs money says for whom"
# custom:
#   id: AR-12
#   category: architecture
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [bundle]
#   remediation: "Tag the job with the names of the parameter `tags`."
#   parameters:
#     tags: ["cost_center", "product", "environment"]
package sluice.ar_12

import data.sluice.library

parameters := input.parameters["AR-12"]

subjects contains sprintf("resources.jobs.%s", [key]) if some key, _ in input.assets.jobs

findings contains library.finding(sprintf("resources.jobs.%s", [key]), ["assets", "jobs", key, "definition", "tags"], message, {"missing": absent}) if {
	some key, job in input.assets.jobs
	absent := sort({tag | some tag in parameters.tags; library.text(library.map(job.definition, "tags"), tag) == ""})
	count(absent) > 0
	message := sprintf("job `%s` has no tag %s", [key, concat(", ", absent)])
}
