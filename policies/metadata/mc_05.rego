# METADATA
# title: "Every property is classified, and the product as its highest"
# custom:
#   id: MC-05
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, files]
#   remediation: "Set `classification` of the property, and in `product.yaml` the highest of all properties."
package sluice.mc_05

import data.sluice.library

subjects contains subject if some subject, _ in library.properties

findings contains library.finding(subject, item.path, message, {"classification": word}) if {
	some subject, item in library.properties
	word := library.text(item.property, "classification")
	not word in object.keys(library.rank)
	message := sprintf("property `%s` has no classification that is known: %s", [item.name, concat(", ", sort(object.keys(library.rank)))])
}

findings contains library.finding(subject, ["product", "classification"], message, {"property": word, "product": library.text(input.product, "classification")}) if {
	some subject, item in library.properties
	word := library.text(item.property, "classification")
	library.rank[word] > library.product_rank
	message := sprintf("property `%s` is %s, the product is only %s", [item.name, word, library.text(input.product, "classification")])
}
