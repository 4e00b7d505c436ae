# METADATA
# title: "People see what runs, and change nothing there"
# custom:
#   id: AC-10
#   category: access
#   severity: {dev: info, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Give people CAN_VIEW and the platform group what it needs; choose a root path that is not shared."
#   parameters:
#     levels_of_people: ["CAN_VIEW"]
#     managing_groups: ["platform", "admins"]
package sluice.ac_10

import data.sluice.library

parameters := input.parameters["AC-10"]

given contains {"subject": "bundle", "path": ["bundle", "permissions", index], "permission": permission} if {
	some index, permission in library.list(input.bundle, "permissions")
}

given contains {"subject": sprintf("resources.jobs.%s", [key]), "path": ["assets", "jobs", key, "definition", "permissions", index], "permission": permission} if {
	some key, job in input.assets.jobs
	some index, permission in library.list(job.definition, "permissions")
}

subjects contains "bundle" if library.text(input.bundle, "root_path") != ""

subjects contains entry.subject if some entry in given

findings contains library.finding(entry.subject, entry.path, message, {"level": entry.permission.level}) if {
	some entry in given
	user := library.text(entry.permission, "user_name")
	user != ""
	not entry.permission.level in parameters.levels_of_people
	message := sprintf("the person `%s` has %s", [user, entry.permission.level])
}

findings contains library.finding(entry.subject, entry.path, message, {"level": entry.permission.level}) if {
	some entry in given
	group := library.text(entry.permission, "group_name")
	group != ""
	not group in parameters.managing_groups
	entry.permission.level in {"CAN_MANAGE", "IS_OWNER"}
	message := sprintf("group `%s` has %s", [group, entry.permission.level])
}

findings contains library.finding("bundle", ["bundle", "root_path"], "the bundle's root path is shared with everybody", {"root_path": input.bundle.root_path}) if {
	startswith(input.bundle.root_path, "/Workspace/Shared")
}
