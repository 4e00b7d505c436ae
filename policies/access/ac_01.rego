# METADATA
# title: "Confidential objects are not granted to everybody"
# custom:
#   id: AC-01
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle, files]
#   remediation: "Grant to a named group instead."
#   controls: ["GDPR Art. 25"]
#   parameters:
#     from: "confidential"
#     everybody: ["account users", "users", "all users"]
package sluice.ac_01

import data.sluice.library

parameters := input.parameters["AC-01"]

# Only a product that is confidential or more has something to keep from everybody.
subjects contains name if {
	library.product_rank >= library.rank[parameters.from]
	some name, _ in input.assets.grants
}

findings contains library.finding(name, ["assets", "grants", name], message, {"principal": grant.principal}) if {
	some name in subjects
	grant := input.assets.grants[name]
	lower(grant.principal) in {lower(group) | some group in parameters.everybody}
	message := sprintf("%s is granted to `%s`, and the product is %s", [concat(", ", grant.privileges), grant.principal, library.text(input.product, "classification")])
}
