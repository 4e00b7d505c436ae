# METADATA
# title: "The product has the parts that its kind asks for"
# custom:
#   id: AR-01
#   category: architecture
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files, bundle]
#   remediation: "Declare an output port with table and contract in `product.yaml`, and the component that is named."
#   parameters:
#     components: ["job"]
package sluice.ar_01

import data.sluice.library

parameters := input.parameters["AR-01"]

subjects contains "product" if input.product

outputs contains port if {
	some port in library.list(input.product, "ports")
	port.kind == "output"
}

findings contains library.finding("product", ["product", "ports"], "the product has no output port", {}) if {
	input.product
	count(outputs) == 0
}

findings contains library.finding("product", ["product", "ports"], message, {"port": library.text(port, "name")}) if {
	some port in outputs
	some field in ["table", "contract"]
	library.text(port, field) == ""
	message := sprintf("output port `%s` names no %s", [library.text(port, "name"), field])
}

components := {"genie": "genie_spaces", "dashboard": "dashboards", "job": "jobs"}

findings contains library.finding("product", ["product", "components"], message, {"component": component}) if {
	some component in array.concat(library.list(input.product, "components"), parameters.components)
	kind := object.get(components, component, "")
	count(library.map(input.assets, kind)) == 0
	message := sprintf("the product should have a `%s`, and declares none", [component])
}
