# METADATA
# title: "Nobody but the deployer holds ALL PRIVILEGES or MANAGE"
# custom:
#   id: AC-03
#   category: access
#   severity: {dev: info, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Grant the privileges that are needed, one by one."
#   parameters:
#     allowed_principals: []
package sluice.ac_03

import data.sluice.library

parameters := input.parameters["AC-03"]

subjects contains name if some name, _ in input.assets.grants

findings contains library.finding(name, ["assets", "grants", name, "privileges"], message, {"principal": grant.principal, "privilege": privilege}) if {
	some name, grant in input.assets.grants
	not grant.principal in parameters.allowed_principals
	some privilege in grant.privileges
	replace(upper(privilege), "_", " ") in {"ALL PRIVILEGES", "MANAGE", "OWN"}
	message := sprintf("`%s` is granted %s", [grant.principal, privilege])
}
