# METADATA
# title: "Properties are linked to terms of the glossary"
# custom:
#   id: MC-04
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, glossary]
#   remediation: "Link the property by `authoritativeDefinitions: [{type: businessDefinition, url: \"glossary://<domain>/<term>\"}]`."
#   parameters:
#     minimum_percent: 70
package sluice.mc_04

import data.sluice.library

parameters := input.parameters["MC-04"]

subjects contains file if {
	some file, contract in input.contracts
	count(properties(file)) > 0
}

properties(file) := {subject | some subject, item in library.properties; item.contract == file}

linked(file) := {subject |
	some subject in properties(file)
	count(library.list(library.properties[subject].property, "terms")) > 0
}

findings contains library.finding(file, ["contracts", file], message, {"linked": count(linked(file)), "properties": count(properties(file))}) if {
	some file in subjects
	percent := (100 * count(linked(file))) / count(properties(file))
	percent < parameters.minimum_percent
	message := sprintf("%d of %d properties are linked to a term, %d %% are wanted", [count(linked(file)), count(properties(file)), parameters.minimum_percent])
}

findings contains library.finding(item.contract, item.path, message, {"term": term}) if {
	some item in library.properties
	some term in library.list(item.property, "terms")
	not input.glossary[term]
	message := sprintf("property `%s` is linked to `%s`, which no glossary has", [item.name, term])
}
