# METADATA
# title: "Code and configuration name no environment"
# custom:
#   id: AR-03
#   category: architecture
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [files]
#   remediation: "Use a variable, a parameter of the job, or a lookup."
package sluice.ar_03

import data.sluice.library

subjects contains "files" if input.scan.files > 0

subjects contains sighting.file if some sighting in input.scan.literals

findings contains library.finding(sighting.file, ["scan", "literals", key], message, {"kind": sighting.kind, "shown": sighting.shown}) if {
	some key, sighting in input.scan.literals
	message := sprintf("%s `%s` belongs to one environment", [sighting.kind, sighting.shown])
}
