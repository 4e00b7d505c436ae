# METADATA
# title: "Card numbers and health data are masked, and lie in no file"
# custom:
#   id: RC-08
#   category: regulation
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files, contracts, bundle]
#   remediation: "Mask or tokenise the column; remove the value from the file and from the history of Git."
#   controls: ["PCI DSS 3.5", "HIPAA 164.312"]
package sluice.rc_08

import data.sluice.library

columns contains subject if {
	some subject, item in library.properties
	count(library.sensitive_labels(item.property) & {"pci", "phi"}) > 0
}

subjects contains subject if some subject in columns

subjects contains "files" if input.scan.files > 0

subjects contains sighting.file if some sighting in input.scan.personal

findings contains library.finding(subject, item.path, message, {"labels": library.list(item.property, "labels")}) if {
	some subject in columns
	item := library.properties[subject]
	not masked(item)
	message := sprintf("column `%s` holds card or health data and is not masked", [item.name])
}

masked(item) if {
	table := library.table_of(input.contracts[item.contract])
	library.text(library.map(table.columns[item.name], "mask"), "function") != ""
}

findings contains library.finding(sighting.file, ["scan", "personal", key], message, {"kind": sighting.kind, "shown": sighting.shown}) if {
	some key, sighting in input.scan.personal
	message := sprintf("%s `%s` stands in the file", [sighting.kind, sighting.shown])
}
