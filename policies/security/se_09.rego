# METADATA
# title: "Code builds no statements out of texts, and writes nowhere else"
# custom:
#   id: SE-09
#   category: security
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [files]
#   remediation: "Bind parameters (`args=` of `spark.sql`, `:name` in SQL); write to the schemas and volumes of the product."
package sluice.se_09

import data.sluice.library

subjects contains "files" if input.scan.files > 0

subjects contains sighting.file if some sighting in input.scan.statements

findings contains library.finding(sighting.file, ["scan", "statements", key], message, {"kind": sighting.kind, "shown": sighting.shown}) if {
	some key, sighting in input.scan.statements
	message := sprintf("%s: `%s`", [sighting.kind, sighting.shown])
}
