# METADATA
# title: "A contract says what the table is: its columns and their types"
# custom:
#   id: DC-08
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, bundle, tables]
#   remediation: "Change the contract or the table, so that both have the same columns and types."
package sluice.dc_08

import data.sluice.library

subjects contains file if {
	some file, contract in input.contracts
	library.table_of(contract)
}

# Spellings of the same type.
types := {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint", "text": "string", "varchar": "string", "bool": "boolean", "dec": "decimal", "numeric": "decimal", "real": "float"}

canonical(type) := object.get(types, folded, folded) if folded := regex.replace(lower(type), `\s`, "")

promised(contract) := {name: library.text(property, "type") |
	some thing in library.map(contract, "objects")
	some name, property in library.map(thing, "properties")
	not contains(name, ".")
}

# The table as the catalog files declare it, and as the workspace has it when it is there already.
real[file] contains {"where": "the catalog files", "columns": columns} if {
	some file in subjects
	columns := {name: library.text(column, "type") | some name, column in library.table_of(input.contracts[file]).columns}
}

real[file] contains {"where": "the workspace", "columns": columns} if {
	some file in subjects
	live := input.live.tables[library.table_of(input.contracts[file]).name]
	columns := {name: library.text(column, "type") | some name, column in live.columns}
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name}) if {
	some file, places in real
	some place in places
	some name, _ in promised(input.contracts[file])
	not name in object.keys(place.columns)
	message := sprintf("the contract has `%s`, %s have no such column", [name, place.where])
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name}) if {
	some file, places in real
	some place in places
	some name, _ in place.columns
	not name in object.keys(promised(input.contracts[file]))
	message := sprintf("column `%s` in %s is not in the contract", [name, place.where])
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name, "contract": type, "table": place.columns[name]}) if {
	some file, places in real
	some place in places
	some name, type in promised(input.contracts[file])
	type != ""
	canonical(type) != canonical(place.columns[name])
	message := sprintf("`%s` is %s in the contract and %s in %s", [name, type, place.columns[name], place.where])
}
