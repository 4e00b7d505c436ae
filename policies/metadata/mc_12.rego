# METADATA
# title: "Terms that are linked are not deprecated"
# custom:
#   id: MC-12
#   category: metadata
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [contracts, glossary]
#   remediation: "Link the property to the term that took its place."
package sluice.mc_12

import data.sluice.library

links[sprintf("%s -> %s", [subject, term])] := {"path": item.path, "term": term} if {
	some subject, item in library.properties
	some term in library.list(item.property, "terms")
	input.glossary[term]
}

subjects contains subject if some subject, _ in links

findings contains library.finding(subject, link.path, message, {"term": link.term}) if {
	some subject, link in links
	input.glossary[link.term].status == "deprecated"
	message := sprintf("term `%s` is deprecated", [link.term])
}
