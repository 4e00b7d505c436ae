# METADATA
# title: "Restricted data is granted only to groups on the list"
# custom:
#   id: AC-07
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle, files]
#   remediation: "Grant to a group of the parameter `cleared_groups`, or lower the classification with its owner."
#   parameters:
#     from: "restricted"
#     cleared_groups: ["restricted-readers"]
package sluice.ac_07

import data.sluice.library

parameters := input.parameters["AC-07"]

subjects contains name if {
	library.product_rank >= library.rank[parameters.from]
	some name, _ in input.assets.grants
}

findings contains library.finding(name, ["assets", "grants", name], message, {"principal": grant.principal}) if {
	some name in subjects
	grant := input.assets.grants[name]
	not grant.principal in parameters.cleared_groups
	message := sprintf("`%s` is not cleared for %s data", [grant.principal, library.text(input.product, "classification")])
}
