# METADATA
# title: "Versions of contracts rise with what changed, and none is used twice"
# custom:
#   id: DC-05
#   category: contract
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [contracts, changes]
#   remediation: "Raise `version` of the contract."
package sluice.dc_05

import data.sluice.library

# The heaviest change of each contract.
heaviest[file] := max(needed) if {
	some file, _ in input.contracts
	needed := {object.get(library.bumps, change.bump, 3) | some change in input.changes; change.contract == file}
	count(needed) > 0
}

subjects contains file if some file, _ in heaviest

versions(file) := [change.previous_version, change.version] if {
	some change in input.changes
	change.contract == file
} else := ["", ""]

findings contains library.finding(file, ["contracts", file, "version"], message, {"previous": before, "version": after}) if {
	some file, needed in heaviest
	[before, after] := versions(file)
	library.bump(before, after) < needed
	some word, number in library.bumps
	number == needed
	message := sprintf("the changes need a %s version, the contract went from %s to %s", [word, before, after])
}

findings contains library.finding(file, ["contracts", file, "version"], message, {"version": library.text(contract, "version")}) if {
	some file in subjects
	contract := input.contracts[file]
	not semver.is_valid(library.text(contract, "version"))
	message := sprintf("`%s` is no version of the form 1.2.3", [library.text(contract, "version")])
}

findings contains library.finding(file, ["contracts", file, "version"], message, {"previous": before, "version": after}) if {
	some file in subjects
	[before, after] := versions(file)
	semver.is_valid(before)
	semver.is_valid(after)
	semver.compare(after, before) < 0
	message := sprintf("the version goes back from %s to %s", [before, after])
}
