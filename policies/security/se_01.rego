# METADATA
# title: "No secret stands in a file"
# custom:
#   id: SE-01
#   category: security
#   severity: {dev: block, qa: block, prod: block}
#   needs: [files]
#   remediation: "Revoke it, remove it from the file and from the history of Git, and refer to a secret scope instead."
#   controls: ["ISO 27001 A.8.24"]
package sluice.se_01

import data.sluice.library

subjects contains "files" if input.scan.files > 0

subjects contains sighting.file if some sighting in input.scan.secrets

findings contains library.finding(sighting.file, ["scan", "secrets", key], message, {"kind": sighting.kind, "shown": sighting.shown}) if {
	some key, sighting in input.scan.secrets
	message := sprintf("%s `%s` stands in the file", [sighting.kind, sighting.shown])
}
