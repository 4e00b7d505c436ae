# METADATA
# title: "The product names domain, owner, steward, support and purpose"
# custom:
#   id: MC-01
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files]
#   remediation: "Fill the field in `product.yaml`; the owner is a group, the purpose stands in `description`."
#   controls: ["BCBS 239 principle 1"]
#   parameters:
#     minimum_purpose: 40
package sluice.mc_01

import data.sluice.library

parameters := input.parameters["MC-01"]

subjects contains "product" if input.product

findings contains library.finding("product", ["product", field], message, {"field": field}) if {
	some field in ["domain", "owner", "steward", "support"]
	library.text(input.product, field) == ""
	message := sprintf("the product has no `%s`", [field])
}

findings contains library.finding("product", ["product", "owner"], message, {"owner": owner}) if {
	owner := library.text(input.product, "owner")
	library.is_person(owner)
	message := sprintf("the owner `%s` is a person, not a group", [owner])
}

findings contains library.finding("product", ["product", "description"], message, {"length": length}) if {
	length := count(library.text(input.product, "description"))
	length < parameters.minimum_purpose
	message := sprintf("the purpose (`description`) has %d characters, fewer than %d", [length, parameters.minimum_purpose])
}
