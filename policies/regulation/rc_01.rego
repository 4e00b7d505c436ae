# METADATA
# title: "DORA: what a critical product owes is declared"
# custom:
#   id: RC-01
#   category: regulation
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files]
#   remediation: "Fill `regulation.dora` in `product.yaml`: `critical`, and when it is, `rto`, `rpo`, `backup`, `restore_tested`, `register_id`, `incident_contact`."
#   controls: ["DORA Art. 11", "DORA Art. 28(3)"]
#   parameters:
#     criticalities: ["critical"]
#     maximum_days: 365
package sluice.rc_01

import data.sluice.library

parameters := input.parameters["RC-01"]

dora := library.map(library.map(input.product, "regulation"), "dora")

critical if library.text(input.product, "criticality") in parameters.criticalities

critical if object.get(dora, "critical", false) == true

subjects contains "product" if critical

findings contains library.finding("product", ["product", "regulation", "dora"], "criticality asks for `regulation.dora.critical: true`", {"criticality": input.product.criticality}) if {
	critical
	object.get(dora, "critical", false) != true
}

findings contains library.finding("product", ["product", "regulation", "dora"], message, {"field": field}) if {
	critical
	some field in ["rto", "rpo", "backup", "restore_tested", "register_id", "incident_contact"]
	library.text(dora, field) == ""
	message := sprintf("`regulation.dora.%s` is missing", [field])
}

findings contains library.finding("product", ["product", "regulation", "dora", field], message, {"value": dora[field]}) if {
	critical
	some field in ["rto", "rpo"]
	library.text(dora, field) != ""
	not regex.match(`^P(\d+D)?(T(\d+H)?(\d+M)?)?$`, dora[field])
	message := sprintf("`%s` is no duration such as PT4H", [dora[field]])
}

findings contains library.finding("product", ["product", "regulation", "dora", "restore_tested"], message, {"restore_tested": dora.restore_tested}) if {
	critical
	regex.match(`^\d{4}-\d{2}-\d{2}$`, library.text(dora, "restore_tested"))
	age := time.parse_rfc3339_ns(input.now) - time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [dora.restore_tested]))
	age > parameters.maximum_days * 24 * 60 * 60 * 1000000000
	message := sprintf("restoring was last tested on %s, more than %d days ago", [dora.restore_tested, parameters.maximum_days])
}

findings contains library.finding("product", ["product", "regulation", "dora", "restore_tested"], message, {"restore_tested": dora.restore_tested}) if {
	critical
	library.text(dora, "restore_tested") != ""
	not regex.match(`^\d{4}-\d{2}-\d{2}$`, library.text(dora, "restore_tested"))
	message := sprintf("`%s` is no day such as 2026-12-31", [dora.restore_tested])
}
