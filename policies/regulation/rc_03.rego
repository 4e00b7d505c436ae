# METADATA
# title: "GDPR: purpose, basis, data subjects and role are declared for personal data"
# custom:
#   id: RC-03
#   category: regulation
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files, contracts]
#   remediation: "Fill `regulation.gdpr` in `product.yaml`."
#   controls: ["GDPR Art. 5(1)(b)", "GDPR Art. 6", "GDPR Art. 35"]
package sluice.rc_03

import data.sluice.library

gdpr := library.map(library.map(input.product, "regulation"), "gdpr")

subjects contains "product" if library.personal

findings contains library.finding("product", ["product", "regulation", "gdpr"], message, {"field": field}) if {
	library.personal
	some field in ["lawful_basis", "purpose"]
	library.text(gdpr, field) == ""
	message := sprintf("`regulation.gdpr.%s` is missing", [field])
}

findings contains library.finding("product", ["product", "regulation", "gdpr"], "`regulation.gdpr.data_subjects` names nobody", {}) if {
	library.personal
	count(library.list(gdpr, "data_subjects")) == 0
}

findings contains library.finding("product", ["product", "regulation", "gdpr"], "`regulation.gdpr.role` must be controller or processor", {"role": library.text(gdpr, "role")}) if {
	library.personal
	not library.text(gdpr, "role") in {"controller", "processor"}
}

findings contains library.finding("product", ["product", "regulation", "gdpr"], "special categories of data ask for `regulation.gdpr.dpia`", {}) if {
	library.personal
	object.get(gdpr, "special_category", false) == true
	library.text(gdpr, "dpia") == ""
}
