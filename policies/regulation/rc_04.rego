# METADATA
# title: "Retention is declared, and personal data can be erased"
# custom:
#   id: RC-04
#   category: regulation
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files, contracts, bundle]
#   remediation: "Add an SLA property `retention` to the contract; name in `regulation.gdpr.erasure` the job that erases a person."
#   controls: ["GDPR Art. 5(1)(e)", "GDPR Art. 17"]
package sluice.rc_04

import data.sluice.library

subjects contains file if some file, _ in input.contracts

findings contains library.finding(file, ["contracts", file, "sla"], "no retention is declared (`slaProperties`, `property: retention`)", {}) if {
	some file, contract in input.contracts
	not object.get(library.map(library.map(contract, "sla"), "retention"), "value", 0) > 0
}

gdpr := library.map(library.map(input.product, "regulation"), "gdpr")

holds_personal contains item.contract if {
	some item in library.properties
	count(library.sensitive_labels(item.property) & {"pii", "phi"}) > 0
}

findings contains library.finding(file, ["product", "regulation"], message, {"erasure": library.text(gdpr, "erasure")}) if {
	some file in holds_personal
	not input.assets.jobs[library.text(gdpr, "erasure")]
	message := sprintf("it holds personal data, and no job erases a person (`regulation.gdpr.erasure` is `%s`)", [library.text(gdpr, "erasure")])
}
