# METADATA
# title: "Descriptions say something"
# custom:
#   id: MC-03
#   category: metadata
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [contracts]
#   remediation: "Say in a few words of your own what the property means, with its unit."
#   parameters:
#     minimum_words: 3
#     maximum_shared: 2
#     placeholders: ["todo", "tbd", "lorem", "placeholder", "fixme"]
package sluice.mc_03

import data.sluice.library

parameters := input.parameters["MC-03"]

folded(text) := regex.replace(lower(text), `[^a-z0-9]`, "")

descriptions[subject] := library.text(item.property, "description") if {
	some subject, item in library.properties
	library.text(item.property, "description") != ""
}

subjects contains subject if some subject, _ in descriptions

reasons[subject] contains sprintf("`%s` only repeats name or type", [description]) if {
	some subject, description in descriptions
	item := library.properties[subject]
	folded(description) in {folded(item.name), folded(library.text(item.property, "type"))}
}

reasons[subject] contains sprintf("`%s` has fewer than %d words", [description, parameters.minimum_words]) if {
	some subject, description in descriptions
	count([word | some word in split(description, " "); word != ""]) < parameters.minimum_words
}

reasons[subject] contains sprintf("`%s` holds the placeholder `%s`", [description, word]) if {
	some subject, description in descriptions
	some word in parameters.placeholders
	regex.match(sprintf(`(^|[^a-z])%s([^a-z]|$)`, [word]), lower(description))
}

reasons[subject] contains sprintf("`%s` describes %d properties of different names", [description, count(names)]) if {
	some subject, description in descriptions
	names := {library.properties[other].name | some other, text in descriptions; folded(text) == folded(description)}
	count(names) > parameters.maximum_shared
}

findings contains library.finding(subject, array.concat(library.properties[subject].path, ["description"]), message, {"description": descriptions[subject]}) if {
	some subject, found in reasons
	message := concat("; ", sort(found))
}
