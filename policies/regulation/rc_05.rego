# METADATA
# title: "Regulated data lies in allowed regions"
# custom:
#   id: RC-05
#   category: regulation
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files, contracts]
#   remediation: "Declare `regions` in `product.yaml`; each must be one of the parameter `allowed_regions`."
#   controls: ["GDPR Art. 44"]
#   parameters:
#     allowed_regions: ["eu-central-1", "eu-west-1", "eu-north-1", "westeurope", "northeurope", "germanywestcentral", "europe-west1", "europe-west3"]
package sluice.rc_05

import data.sluice.library

parameters := input.parameters["RC-05"]

subjects contains "product" if library.regulated

findings contains library.finding("product", ["product", "regions"], "the product does not say in which `regions` its data lies", {}) if {
	library.regulated
	count(library.list(input.product, "regions")) == 0
}

findings contains library.finding("product", ["product", "regions", index], message, {"region": region}) if {
	library.regulated
	some index, region in library.list(input.product, "regions")
	not region in parameters.allowed_regions
	message := sprintf("region `%s` is not allowed for this data", [region])
}
