# METADATA
# title: "Functions of masks and row filters are declared here or approved, and deterministic"
# custom:
#   id: AC-06
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Declare the function in the catalog files with `deterministic: true`, or add its schema to the parameter `approved_schemas`."
#   parameters:
#     approved_schemas: []
package sluice.ac_06

import data.sluice.library

parameters := input.parameters["AC-06"]

used contains {"function": function, "path": ["assets", "tables", key, "columns", name]} if {
	some key, table in input.assets.tables
	some name, column in library.map(table, "columns")
	function := library.text(library.map(column, "mask"), "function")
	function != ""
}

used contains {"function": function, "path": ["assets", "tables", key]} if {
	some key, table in input.assets.tables
	function := library.text(library.map(table, "row_filter"), "function")
	function != ""
}

declared[name] := function if {
	some function in input.assets.functions
	name := library.text(function, "name")
}

approved(name) if {
	some schema in parameters.approved_schemas
	startswith(name, concat("", [schema, "."]))
}

subjects contains entry.function if some entry in used

findings contains library.finding(entry.function, entry.path, message, {}) if {
	some entry in used
	not declared[entry.function]
	not approved(entry.function)
	message := sprintf("function `%s` is neither declared in the catalog files nor in an approved schema", [entry.function])
}

findings contains library.finding(name, ["assets", "functions", function.key], message, {}) if {
	some name in subjects
	function := declared[name]
	object.get(function, "deterministic", false) != true
	message := sprintf("function `%s` is not declared deterministic: what it hides may differ from call to call", [name])
}
