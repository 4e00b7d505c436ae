# METADATA
# title: "Properties that look personal are labelled"
# custom:
#   id: MC-06
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts]
#   remediation: "Tag the property `pii`, or say why it is not: `customProperties: [{vendor: sluice, property: not-pii, value: <reason>}]`."
#   controls: ["GDPR Art. 4(1)"]
package sluice.mc_06

import data.sluice.library

subjects contains subject if {
	some subject, item in library.properties
	library.text(item.property, "detected") != ""
}

findings contains library.finding(subject, item.path, message, {"detected": item.property.detected}) if {
	some subject in subjects
	item := library.properties[subject]
	count(library.sensitive_labels(item.property)) == 0
	library.text(library.map(item.property, "custom"), "not-pii") == ""
	message := sprintf("property `%s` looks like %s and carries no label", [item.name, item.property.detected])
}
