# METADATA
# title: "AI over regulated data says for what, how risky, and who watches"
# custom:
#   id: RC-10
#   category: regulation
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [files, contracts, bundle]
#   remediation: "Fill `regulation.ai` in `product.yaml`: `purpose`, `risk_class`, `oversight`, `evaluation`."
#   controls: ["EU AI Act Art. 26"]
#   parameters:
#     risk_classes: ["minimal", "limited", "high"]
package sluice.rc_10

import data.sluice.library

parameters := input.parameters["RC-10"]

subjects contains sprintf("resources.genie_spaces.%s", [key]) if {
	library.regulated
	some key, _ in input.assets.genie_spaces
}

ai := library.map(library.map(input.product, "regulation"), "ai")

findings contains library.finding(subject, ["product", "regulation", "ai"], message, {"missing": absent}) if {
	some subject in subjects
	absent := [field | some field in ["purpose", "risk_class", "oversight", "evaluation"]; library.text(ai, field) == ""]
	count(absent) > 0
	message := sprintf("`regulation.ai` does not say: %s", [concat(", ", absent)])
}

findings contains library.finding(subject, ["product", "regulation", "ai", "risk_class"], message, {"risk_class": class}) if {
	some subject in subjects
	class := library.text(ai, "risk_class")
	class != ""
	not class in parameters.risk_classes
	message := sprintf("`%s` is no risk class: %s", [class, concat(", ", parameters.risk_classes)])
}
