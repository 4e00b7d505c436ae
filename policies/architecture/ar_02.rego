# METADATA
# title: "Names follow the convention"
# custom:
#   id: AR-02
#   category: architecture
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Rename it, or set the parameter of the convention."
#   parameters:
#     table: "^[a-z][a-z0-9_]{0,62}$"
#     schema: "^[a-z][a-z0-9_]{0,62}$"
#     job: "^(\\[dev [A-Za-z0-9_]+\\] )?[a-z][a-z0-9_-]{0,99}$"
#     reserved: ["temp", "tmp", "test", "default", "information_schema"]
package sluice.ar_02

import data.sluice.library

parameters := input.parameters["AR-02"]

named[sprintf("catalog.tables.%s", [key])] := {"name": name, "pattern": parameters.table, "path": ["assets", "tables", key]} if {
	some key, table in input.assets.tables
	parts := split(library.text(table, "name"), ".")
	name := parts[count(parts) - 1]
}

named[sprintf("resources.schemas.%s", [key])] := {"name": library.text(resource.definition, "name"), "pattern": parameters.schema, "path": ["assets", "schemas", key]} if {
	some key, resource in input.assets.schemas
}

named[sprintf("resources.jobs.%s", [key])] := {"name": library.text(resource.definition, "name"), "pattern": parameters.job, "path": ["assets", "jobs", key]} if {
	some key, resource in input.assets.jobs
}

subjects contains subject if some subject, _ in named

findings contains library.finding(subject, entry.path, message, {"name": entry.name, "pattern": entry.pattern}) if {
	some subject, entry in named
	not regex.match(entry.pattern, entry.name)
	message := sprintf("the name `%s` does not follow `%s`", [entry.name, entry.pattern])
}

findings contains library.finding(subject, entry.path, message, {"name": entry.name}) if {
	some subject, entry in named
	lower(entry.name) in parameters.reserved
	message := sprintf("the name `%s` is reserved", [entry.name])
}
