# METADATA
# title: "Consumers reach published tables alone, and nothing lies in the old metastore"
# custom:
#   id: AR-05
#   category: architecture
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Grant on the table of an output port; name objects of Unity Catalog in three parts."
#   parameters:
#     internal_groups: []
package sluice.ar_05

import data.sluice.library

parameters := input.parameters["AR-05"]

subjects contains sprintf("catalog.tables.%s", [key]) if some key, _ in input.assets.tables

subjects contains name if some name, _ in input.assets.grants

findings contains library.finding(sprintf("catalog.tables.%s", [key]), ["assets", "tables", key], message, {"name": table.name}) if {
	some key, table in input.assets.tables
	parts := split(table.name, ".")
	not three_parts(parts)
	message := sprintf("`%s` is no table of Unity Catalog", [table.name])
}

three_parts(parts) if {
	count(parts) == 3
	not lower(parts[0]) in {"hive_metastore", "spark_catalog"}
}

published contains library.text(contract, "table") if some contract in input.contracts

findings contains library.finding(name, ["assets", "grants", name], message, {"principal": grant.principal}) if {
	some name, grant in input.assets.grants
	grant.securable == "tables"
	not grant.key in published
	not grant.principal in parameters.internal_groups
	message := sprintf("`%s` may read `%s`, which is no output port", [grant.principal, grant.name])
}
