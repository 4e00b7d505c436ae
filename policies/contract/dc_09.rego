# METADATA
# title: "A contract has quality rules for what matters: critical elements, keys and freshness"
# custom:
#   id: DC-09
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts]
#   remediation: "Add `quality` to the property or the table, and an SLA property `frequency` or `latency` to the contract."
package sluice.dc_09

import data.sluice.library

subjects contains file if {
	some file, contract in input.contracts
	count(library.map(contract, "objects")) > 0
}

metrics(property) := {metric | some check in library.list(property, "quality"); metric := library.text(check, "metric")}

keys(thing) := [name | some name, property in library.map(thing, "properties"); property.primary_key == true]

findings contains library.finding(file, ["contracts", file, "objects", name, "properties", key], message, {}) if {
	some file in subjects
	some name, thing in input.contracts[file].objects
	some key, property in library.map(thing, "properties")
	property.critical == true
	count(library.list(property, "quality")) == 0
	message := sprintf("`%s` is a critical data element and has no quality rule", [key])
}

# A single key column must be checked itself; a composite key by a rule of the table.
findings contains library.finding(file, ["contracts", file, "objects", name, "properties", key], message, {"metrics": metrics(thing.properties[key])}) if {
	some file in subjects
	some name, thing in input.contracts[file].objects
	[key] := keys(thing)
	object.get(thing.properties[key], "unique", false) != true
	not "duplicateValues" in metrics(thing.properties[key])
	not "duplicateValues" in metrics(thing)
	message := sprintf("nothing checks that the key `%s` is unique", [key])
}

findings contains library.finding(file, ["contracts", file, "objects", name], message, {"key": keys(thing)}) if {
	some file in subjects
	some name, thing in input.contracts[file].objects
	count(keys(thing)) > 1
	not "duplicateValues" in metrics(thing)
	message := sprintf("nothing checks that the key (%s) is unique", [concat(", ", keys(thing))])
}

findings contains library.finding(file, ["contracts", file, "objects", name, "properties", key], message, {"metrics": metrics(thing.properties[key])}) if {
	some file in subjects
	some name, thing in input.contracts[file].objects
	some key in keys(thing)
	object.get(thing.properties[key], "required", false) != true
	count(metrics(thing.properties[key]) & {"nullValues", "missingValues"}) == 0
	message := sprintf("nothing checks that the key `%s` is never null", [key])
}

findings contains library.finding(file, ["contracts", file, "objects", name], message, {}) if {
	some file in subjects
	some name, thing in input.contracts[file].objects
	count([1 | some property in library.map(thing, "properties"); some _ in library.list(property, "quality")]) == 0
	count(library.list(thing, "quality")) == 0
	message := sprintf("`%s` has no quality rule at all", [name])
}

findings contains library.finding(file, ["contracts", file, "sla"], "the contract promises no freshness (`frequency` or `latency`)", {}) if {
	some file in subjects
	count(object.keys(library.map(input.contracts[file], "sla")) & {"frequency", "latency", "freshness"}) == 0
}
