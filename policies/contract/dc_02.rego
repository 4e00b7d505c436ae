# METADATA
# title: "No type changes incompatibly without a major version"
# description: "Widening that Delta supports needs a minor version, everything else a major one."
# custom:
#   id: DC-02
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [changes]
#   remediation: "Raise the version of the contract as the finding says, or add a new column of the new type beside the old one."
package sluice.dc_02

import data.sluice.library

# Rows of the compatibility rules.
rows := {"C10", "C11", "C12", "C13", "C14", "C15", "C16", "C17"}

subjects contains subject if some subject, _ in library.changes(rows)

findings contains library.finding(subject, entry.path, message, {"kind": entry.change.kind, "previous": entry.change.previous_version, "version": entry.change.version}) if {
	some subject, entry in library.changes(rows)
	library.bump(entry.change.previous_version, entry.change.version) < object.get(library.bumps, entry.change.bump, 3)
	message := sprintf("%s: this needs a %s version, the contract went from %s to %s", [entry.change.message, entry.change.bump, entry.change.previous_version, entry.change.version])
}
