# METADATA
# title: "Nothing that holds data is dropped or made anew without consent"
# custom:
#   id: SE-11
#   category: security
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [plan]
#   remediation: "Keep the object, or let its owner consent by a waiver for exactly this object."
package sluice.se_11

import data.sluice.library

subjects contains key if {
	some key, effect in input.plan
	effect.stateful == true
}

findings contains library.finding(key, ["plan", key], message, {"action": effect.action}) if {
	some key, effect in input.plan
	effect.stateful == true
	effect.action in {"delete", "recreate"}
	message := sprintf("the plan would %s `%s`, which holds data", [effect.action, key])
}
