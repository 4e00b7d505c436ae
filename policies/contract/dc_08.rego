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

# What the table is once this is deployed: the columns that the catalog files declare.
declared(file) := {name: library.text(column, "type") | some name, column in library.table_of(input.contracts[file]).columns}

# Columns of the table in the workspace that nobody declares: a deployment leaves them there.
left(file) := {name |
	live := input.live.tables[library.table_of(input.contracts[file]).name]
	some name, _ in live.columns
	not name in object.keys(declared(file))
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name}) if {
	some file in subjects
	some name, _ in promised(input.contracts[file])
	not name in object.keys(declared(file))
	message := sprintf("the contract has `%s`, the catalog files have no such column", [name])
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name}) if {
	some file in subjects
	some name, _ in declared(file)
	not name in object.keys(promised(input.contracts[file]))
	message := sprintf("column `%s` in the catalog files is not in the contract", [name])
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name}) if {
	some file in subjects
	some name in left(file)
	not name in object.keys(promised(input.contracts[file]))
	message := sprintf("column `%s` in the workspace is not in the contract", [name])
}

findings contains library.finding(file, ["contracts", file, "objects"], message, {"column": name, "contract": type, "table": table}) if {
	some file in subjects
	some name, type in promised(input.contracts[file])
	type != ""
	table := declared(file)[name]
	canonical(type) != canonical(table)
	message := sprintf("`%s` is %s in the contract and %s in the catalog files", [name, type, table])
}
