# METADATA
# title: "A deployment is proved: jobs of `verify`, and tests in the repository"
# custom:
#   id: AR-11
#   category: architecture
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files]
#   remediation: "Name in `verify` of `product.yaml` the jobs that prove the product, and keep tests in `tests/` or `src/checks/`."
#   parameters:
#     minimum_tests: 1
package sluice.ar_11

import data.sluice.library

parameters := input.parameters["AR-11"]

subjects contains "product" if input.product

findings contains library.finding("product", ["product", "verify"], "no job proves a deployment (`verify` is empty)", {}) if {
	input.product
	count(library.list(input.product, "verify")) == 0
}

findings contains library.finding("product", ["scan", "tests"], message, {"tests": count(input.scan.tests)}) if {
	count(input.scan.tests) < parameters.minimum_tests
	message := sprintf("the repository has %d files of tests, fewer than %d", [count(input.scan.tests), parameters.minimum_tests])
}
