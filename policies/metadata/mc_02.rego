# METADATA
# title: "Every property of a contract is described"
# custom:
#   id: MC-02
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts]
#   remediation: "Write a `description` for the property in the contract."
package sluice.mc_02

import data.sluice.library

subjects contains subject if some subject, _ in library.properties

findings contains library.finding(subject, item.path, message, {}) if {
	some subject, item in library.properties
	library.text(item.property, "description") == ""
	message := sprintf("property `%s` has no description", [item.name])
}
