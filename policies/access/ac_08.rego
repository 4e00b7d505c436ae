# METADATA
# title: "What the workspace grants on declared tables is what the catalog files declare"
# custom:
#   id: AC-08
#   category: access
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [bundle, grants]
#   remediation: "Declare the grant in the catalog file, or revoke it in the workspace."
#   parameters:
#     allowed_principals: []
package sluice.ac_08

import data.sluice.library

parameters := input.parameters["AC-08"]

subjects contains name if {
	some grant in input.live.grants
	name := grant.name
}

declared contains {"name": grant.name, "principal": grant.principal, "privilege": folded(privilege)} if {
	some grant in input.assets.grants
	some privilege in grant.privileges
}

folded(privilege) := replace(upper(privilege), " ", "_")

findings contains library.finding(grant.name, ["live", "grants", key], message, {"principal": grant.principal, "privilege": privilege}) if {
	some key, grant in input.live.grants
	not grant.principal in parameters.allowed_principals
	some privilege in grant.privileges
	not {"name": grant.name, "principal": grant.principal, "privilege": folded(privilege)} in declared
	message := sprintf("the workspace grants %s on `%s` to `%s`, which no catalog file declares", [privilege, grant.name, grant.principal])
}
