# METADATA
# title: "Every table for consumers has exactly one contract, and every contract a table"
# custom:
#   id: MC-08
#   category: metadata
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle, contracts]
#   remediation: "Bind table and contract by an output port in `product.yaml`: `table: catalog.tables.<key>`, `contract: contracts/<file>`."
#   parameters:
#     consumer_schemas: ["gold"]
package sluice.mc_08

import data.sluice.library

parameters := input.parameters["MC-08"]

for_consumers contains key if {
	some key, table in input.assets.tables
	some name in parameters.consumer_schemas
	regex.match(sprintf("(^|_)%s$", [name]), library.text(table, "schema"))
}

for_consumers contains library.text(contract, "table") if {
	some contract in input.contracts
	library.text(contract, "table") != ""
}

subjects contains sprintf("catalog.tables.%s", [key]) if some key in for_consumers

subjects contains file if some file, _ in input.contracts

findings contains library.finding(subject, ["assets", "tables", key], message, {"contracts": files}) if {
	some key in for_consumers
	input.assets.tables[key]
	subject := sprintf("catalog.tables.%s", [key])
	files := [file | some file, contract in input.contracts; library.text(contract, "table") == key]
	count(files) != 1
	message := sprintf("table `%s` has %d contracts, not one", [key, count(files)])
}

findings contains library.finding(file, ["contracts", file], message, {}) if {
	some file, contract in input.contracts
	not library.table_of(contract)
	message := "the contract is bound to no table of the catalog files"
}
