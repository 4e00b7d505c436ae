# METADATA
# title: "No promise about keys, nulls, values or meaning is taken back without the version that it needs"
# description: "Joins, filters and measures rest on these promises."
# custom:
#   id: DC-03
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [changes]
#   remediation: "Raise the version of the contract as the finding says."
package sluice.dc_03

import data.sluice.library

# Rows of the compatibility rules.
rows := {"C18", "C19", "C20", "C21", "C23", "C24", "C25", "C26", "C27", "C28", "C29", "C39", "C40", "C49", "C52", "C54", "C55", "C56"}

subjects contains subject if some subject, _ in library.changes(rows)

findings contains library.finding(subject, entry.path, message, {"kind": entry.change.kind, "previous": entry.change.previous_version, "version": entry.change.version}) if {
	some subject, entry in library.changes(rows)
	library.bump(entry.change.previous_version, entry.change.version) < object.get(library.bumps, entry.change.bump, 3)
	message := sprintf("%s: this needs a %s version, the contract went from %s to %s", [entry.change.message, entry.change.bump, entry.change.previous_version, entry.change.version])
}
