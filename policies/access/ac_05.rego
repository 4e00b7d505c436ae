# METADATA
# title: "Ports with a row scope have a row filter"
# custom:
#   id: AC-05
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, bundle]
#   remediation: "Give the table a `row_filter` in the catalog file."
package sluice.ac_05

import data.sluice.library

scopes[sprintf("%s#%s", [file, name])] := {"contract": contract, "scope": library.text(thing.custom, "row_scope")} if {
	some file, contract in input.contracts
	some name, thing in library.map(contract, "objects")
	library.text(library.map(thing, "custom"), "row_scope") != ""
}

subjects contains subject if some subject, _ in scopes

findings contains library.finding(subject, ["assets", "tables", library.text(entry.contract, "table")], message, {"scope": entry.scope}) if {
	some subject, entry in scopes
	not filtered(entry)
	message := sprintf("rows are limited by `%s`, and no row filter does it", [entry.scope])
}

filtered(entry) if library.text(library.map(library.table_of(entry.contract), "row_filter"), "function") != ""
