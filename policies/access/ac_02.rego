# METADATA
# title: "Nothing is granted to individuals"
# custom:
#   id: AC-02
#   category: access
#   severity: {dev: info, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Grant to a group or a service principal; put the person into the group."
package sluice.ac_02

import data.sluice.library

subjects contains name if some name, _ in input.assets.grants

findings contains library.finding(name, ["assets", "grants", name], message, {"principal": grant.principal}) if {
	some name, grant in input.assets.grants
	library.is_person(grant.principal)
	message := sprintf("%s is granted to the person `%s`", [concat(", ", grant.privileges), grant.principal])
}
