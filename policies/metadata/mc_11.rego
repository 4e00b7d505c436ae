# METADATA
# title: "A Genie space has instructions and sample questions"
# custom:
#   id: MC-11
#   category: metadata
#   severity: {dev: info, qa: warn, prod: warn}
#   needs: [bundle]
#   remediation: "Write `context.instructions` and `context.verifiedStatements` into the contract, or text instructions and sample questions into the space."
#   parameters:
#     minimum_questions: 5
package sluice.mc_11

import data.sluice.library

parameters := input.parameters["MC-11"]

subjects contains sprintf("resources.genie_spaces.%s", [key]) if some key, _ in input.assets.genie_spaces

questions(space) := count(library.list(library.map(space, "config"), "sample_questions")) + count(library.list(library.map(space, "instructions"), "example_question_sqls"))

findings contains library.finding(subject, ["assets", "genie_spaces", key], message, {"questions": questions(space)}) if {
	some key, resource in input.assets.genie_spaces
	subject := sprintf("resources.genie_spaces.%s", [key])
	space := library.map(resource.definition, "serialized_space")
	questions(space) < parameters.minimum_questions
	message := sprintf("the space has %d sample questions, fewer than %d", [questions(space), parameters.minimum_questions])
}

findings contains library.finding(subject, ["assets", "genie_spaces", key], message, {}) if {
	some key, resource in input.assets.genie_spaces
	subject := sprintf("resources.genie_spaces.%s", [key])
	space := library.map(resource.definition, "serialized_space")
	count(library.list(library.map(space, "instructions"), "text_instructions")) == 0
	message := "the space has no text instructions"
}
