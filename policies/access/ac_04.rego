# METADATA
# title: "Columns that ask for protection are masked"
# custom:
#   id: AC-04
#   category: access
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, bundle]
#   remediation: "Give the column a `mask` in the catalog file, or take it out of the port."
#   controls: ["GDPR Art. 32", "PCI DSS 3.4"]
package sluice.ac_04

import data.sluice.library

subjects contains subject if {
	some subject, item in library.properties
	count(library.sensitive_labels(item.property)) > 0
}

masked(item) if {
	table := library.table_of(input.contracts[item.contract])
	library.text(library.map(table.columns[item.name], "mask"), "function") != ""
}

findings contains library.finding(subject, place(item), message, {"labels": library.sensitive_labels(item.property)}) if {
	some subject in subjects
	item := library.properties[subject]
	not masked(item)
	message := sprintf("column `%s` is labelled %s and has no mask", [item.name, concat(", ", sort(library.sensitive_labels(item.property)))])
}

# The column in the catalog file, where the mask belongs; the property when the column is not declared.
place(item) := ["assets", "tables", library.text(input.contracts[item.contract], "table"), "columns", item.name] if {
	library.table_of(input.contracts[item.contract])
} else := item.path
