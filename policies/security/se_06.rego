# METADATA
# title: "A service principal deploys to environments that others rely on"
# custom:
#   id: SE-06
#   category: security
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [bundle]
#   remediation: "Name in `credentials` of the environment in `platform.yaml` the token of a service principal."
package sluice.se_06

import data.sluice.library

subjects contains sprintf("environments.%s", [input.target.environment]) if input.target.stage != "dev"

deployer := library.map(input.target, "deployer")

findings contains library.finding(subject, ["target", "deployer"], message, {"deployer": library.text(deployer, "name")}) if {
	some subject in subjects
	object.get(deployer, "service", false) != true
	message := sprintf("`%s`, who is no service principal, would deploy", [library.text(deployer, "name")])
}
