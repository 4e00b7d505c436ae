# What several rules need. A missing field reads as an empty text here, so that a rule says what is missing instead of being undefined.
package sluice.library

finding(subject, path, message, evidence) := {
	"subject": subject,
	"path": path,
	"message": message,
	"evidence": evidence,
}

# The text of a field; empty when it is absent or no text.
text(thing, key) := trim_space(value) if {
	value := object.get(thing, key, "")
	is_string(value)
}

text(thing, key) := "" if not is_string(object.get(thing, key, ""))

# The items of a list field; none when it is absent or no list.
list(thing, key) := value if {
	value := object.get(thing, key, [])
	is_array(value)
}

list(thing, key) := [] if not is_array(object.get(thing, key, []))

# The fields of a map field; none when it is absent or no map.
map(thing, key) := value if {
	value := object.get(thing, key, {})
	is_object(value)
}

map(thing, key) := {} if not is_object(object.get(thing, key, {}))

rank := {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}

# How secret the product is; a word that nobody knows counts as the highest.
product_rank := object.get(rank, text(input.product, "classification"), 3)

# Labels that ask for protection.
sensitive := {"pii", "phi", "pci", "mnpi"}

# The properties of all contracts, by a name that people can use.
properties[subject] := {
	"path": ["contracts", file, "objects", name, "properties", key],
	"property": property,
	"contract": file,
	"object": name,
	"name": key,
} if {
	some file, contract in input.contracts
	some name, thing in map(contract, "objects")
	some key, property in map(thing, "properties")
	subject := sprintf("%s#%s.%s", [file, name, key])
}

# Labels of a property that ask for protection.
sensitive_labels(property) := {label | some label in list(property, "labels"); label in sensitive}

# Whether the product holds what asks for protection.
regulated if product_rank >= 2

regulated if {
	some item in properties
	count(sensitive_labels(item.property)) > 0
}

personal if {
	some item in properties
	count(sensitive_labels(item.property) & {"pii", "phi"}) > 0
}

personal if object.get(input.product, ["regulation", "gdpr", "personal_data"], false) == true

# The declared table of a contract, by the key of the catalog files.
table_of(contract) := input.assets.tables[text(contract, "table")]

# People sign in under an address; groups have a name, service principals an id.
is_person(principal) if contains(principal, "@")

clusters[subject] := {"path": path, "cluster": cluster} if {
	some key, job in input.assets.jobs
	some index, entry in list(job.definition, "job_clusters")
	cluster := map(entry, "new_cluster")
	path := ["assets", "jobs", key, "definition", "job_clusters", index, "new_cluster"]
	subject := sprintf("resources.jobs.%s.job_clusters[%d]", [key, index])
}

clusters[subject] := {"path": path, "cluster": cluster} if {
	some key, job in input.assets.jobs
	some index, task in list(job.definition, "tasks")
	cluster := object.get(task, "new_cluster", null)
	is_object(cluster)
	path := ["assets", "jobs", key, "definition", "tasks", index, "new_cluster"]
	subject := sprintf("resources.jobs.%s.tasks[%d]", [key, index])
}

clusters[subject] := {"path": ["assets", "clusters", key, "definition"], "cluster": resource.definition} if {
	some key, resource in input.assets.clusters
	subject := sprintf("resources.clusters.%s", [key])
}

# Changes since the previous release by these rows of the compatibility rules, by a name that people can use.
changes(rows) := {subject: {"path": ["changes", key], "change": change} |
	some key, change in input.changes
	change.rule in rows
	subject := sprintf("%s#%s (%s)", [text(change, "contract"), text(change, "path"), text(change, "kind")])
}

bumps := {"none": 0, "patch": 1, "minor": 2, "major": 3}

# What the contract's version went up by since the previous release.
bump(previous, current) := 3 if {
	split(previous, ".")[0] != split(current, ".")[0]
} else := 2 if {
	split(previous, ".")[1] != split(current, ".")[1]
} else := 1 if {
	previous != current
} else := 0
