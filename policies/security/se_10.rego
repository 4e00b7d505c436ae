# METADATA
# title: "What is deployed is what was frozen"
# custom:
#   id: SE-10
#   category: security
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [release]
#   remediation: "Freeze a release again: `sluice freeze`; a tag that was moved is restored first."
package sluice.se_10

import data.sluice.library

subjects contains "release" if input.release

subjects contains "release" if input.product

findings contains library.finding("release", ["release"], "the release is not recorded in this ledger", {"version": library.text(input.release, "version")}) if {
	object.get(input.release, "recorded", false) != true
}

findings contains library.finding("release", ["release"], "the digest of the release could not be computed again", {}) if {
	library.text(input.release, "digest") == ""
}
