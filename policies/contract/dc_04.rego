# METADATA
# title: "No service level or quality promise is relaxed without the version that it needs"
# description: "Freshness, retention, availability and quality thresholds are part of the contract."
# custom:
#   id: DC-04
#   category: contract
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [changes]
#   remediation: "Raise the version of the contract as the finding says, and tell its consumers."
package sluice.dc_04

import data.sluice.library

# Rows of the compatibility rules.
rows := {"C30", "C31", "C32", "C33", "C34", "C35", "C36", "C37", "C38"}

subjects contains subject if some subject, _ in library.changes(rows)

findings contains library.finding(subject, entry.path, message, {"kind": entry.change.kind, "previous": entry.change.previous_version, "version": entry.change.version}) if {
	some subject, entry in library.changes(rows)
	library.bump(entry.change.previous_version, entry.change.version) < object.get(library.bumps, entry.change.bump, 3)
	message := sprintf("%s: this needs a %s version, the contract went from %s to %s", [entry.change.message, entry.change.bump, entry.change.previous_version, entry.change.version])
}
