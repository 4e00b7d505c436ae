# METADATA
# title: "A contract tells usage, limitations, refresh and retention, and the product its end of support"
# custom:
#   id: MC-09
#   category: metadata
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [contracts, files]
#   remediation: "Fill `description.usage` and `description.limitations`, add `slaProperties` `frequency` and `retention` to the contract, and `end_of_support` to `product.yaml`."
package sluice.mc_09

import data.sluice.library

subjects contains file if some file, _ in input.contracts

findings contains library.finding(file, ["contracts", file, "description"], message, {"field": field}) if {
	some file, contract in input.contracts
	some field in ["usage", "limitations"]
	library.text(library.map(contract, "description"), field) == ""
	message := sprintf("the contract has no `description.%s`", [field])
}

findings contains library.finding(file, ["contracts", file, "sla"], message, {"property": name}) if {
	some file, contract in input.contracts
	some name in ["frequency", "retention"]
	not library.map(contract, "sla")[name]
	message := sprintf("the contract has no SLA property `%s`", [name])
}

findings contains library.finding(file, ["product"], message, {}) if {
	some file, contract in input.contracts
	library.text(input.product, "end_of_support") == ""
	not library.map(contract, "sla").endOfSupport
	message := "neither the product nor the contract says when support ends"
}
