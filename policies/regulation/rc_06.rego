# METADATA
# title: "BCBS 239: critical elements, reconciliation and timeliness"
# custom:
#   id: RC-06
#   category: regulation
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [files, contracts]
#   remediation: "Flag `criticalDataElement` in the contract, fill `regulation.bcbs239`, and promise `frequency` or `latency`."
#   controls: ["BCBS 239 principles 3 to 5"]
package sluice.rc_06

import data.sluice.library

bcbs := library.map(library.map(input.product, "regulation"), "bcbs239")

applies if object.get(bcbs, "applies", false) == true

subjects contains "product" if applies

findings contains library.finding("product", ["product", "regulation", "bcbs239"], message, {"field": field}) if {
	applies
	some field in ["reconciliation", "owner"]
	library.text(bcbs, field) == ""
	message := sprintf("`regulation.bcbs239.%s` is missing", [field])
}

findings contains library.finding("product", ["contracts"], "no property of a contract is a critical data element", {}) if {
	applies
	count({subject | some subject, item in library.properties; item.property.critical == true}) == 0
}

findings contains library.finding("product", ["contracts", file, "sla"], message, {}) if {
	applies
	some file, contract in input.contracts
	count(object.keys(library.map(contract, "sla")) & {"frequency", "latency"}) == 0
	message := sprintf("`%s` promises no timeliness", [file])
}
