# METADATA
# title: "No table or column goes or is renamed without a major version"
# description: "Consumers select by name. What is gone or renamed since the release that the target runs breaks them."
# custom:
#   id: DC-01
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [changes]
#   remediation: "Raise the major version of the contract and keep the previous port, or keep the name by a view."
package sluice.dc_01

import data.sluice.library

# Rows of the compatibility rules.
rows := {"C01", "C03", "C06", "C07", "C08"}

subjects contains subject if some subject, _ in library.changes(rows)

findings contains library.finding(subject, entry.path, message, {"kind": entry.change.kind, "previous": entry.change.previous_version, "version": entry.change.version}) if {
	some subject, entry in library.changes(rows)
	library.bump(entry.change.previous_version, entry.change.version) < object.get(library.bumps, entry.change.bump, 3)
	message := sprintf("%s: this needs a %s version, the contract went from %s to %s", [entry.change.message, entry.change.bump, entry.change.previous_version, entry.change.version])
}
