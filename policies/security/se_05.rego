# METADATA
# title: "Clusters isolate their users, and start no scripts from DBFS"
# custom:
#   id: SE-05
#   category: security
#   severity: {dev: warn, qa: block, prod: block}
#   needs: [bundle]
#   remediation: "Set `data_security_mode: USER_ISOLATION` or `SINGLE_USER`; keep init scripts in volumes or the workspace."
#   parameters:
#     forbidden_settings: ["spark.databricks.passthrough.enabled", "spark.databricks.pyspark.enableProcessIsolation", "spark.databricks.acl.dfAclsEnabled"]
package sluice.se_05

import data.sluice.library

parameters := input.parameters["SE-05"]

subjects contains subject if some subject, _ in library.clusters

isolated := {"USER_ISOLATION", "SINGLE_USER", "DATA_SECURITY_MODE_STANDARD", "DATA_SECURITY_MODE_DEDICATED", "DATA_SECURITY_MODE_AUTO"}

findings contains library.finding(subject, entry.path, message, {"data_security_mode": library.text(entry.cluster, "data_security_mode")}) if {
	some subject, entry in library.clusters
	not library.text(entry.cluster, "data_security_mode") in isolated
	message := sprintf("`data_security_mode` is `%s`, which does not isolate", [library.text(entry.cluster, "data_security_mode")])
}

findings contains library.finding(subject, entry.path, "an init script lies in DBFS, which everybody can write", {}) if {
	some subject, entry in library.clusters
	some script in library.list(entry.cluster, "init_scripts")
	script.dbfs
}

findings contains library.finding(subject, entry.path, message, {"key": key}) if {
	some subject, entry in library.clusters
	some key, _ in library.map(entry.cluster, "spark_conf")
	key in parameters.forbidden_settings
	message := sprintf("`spark_conf` sets `%s`", [key])
}
