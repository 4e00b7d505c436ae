package sluice.se_05_test

import data.sluice.testing

test_positive if testing.outcome("SE-05", testing.sound) == "pass"

test_negative_mode if testing.outcome("SE-05", testing.having("/assets/jobs/load/definition/job_clusters/0/new_cluster/data_security_mode", "NONE")) == "fail"

test_negative_absent if testing.outcome("SE-05", testing.without("/assets/jobs/load/definition/job_clusters/0/new_cluster/data_security_mode")) == "fail"

test_negative_script if testing.outcome("SE-05", testing.having("/assets/jobs/load/definition/job_clusters/0/new_cluster/init_scripts", [{"dbfs": {"destination": "dbfs:/a.sh"}}])) == "fail"

test_negative_setting if testing.outcome("SE-05", testing.having("/assets/jobs/load/definition/job_clusters/0/new_cluster/spark_conf", {"spark.databricks.passthrough.enabled": "true"})) == "fail"

test_not_applicable if testing.outcome("SE-05", testing.without("/assets/jobs/load/definition/job_clusters")) == "not_applicable"

test_unknown if testing.outcome("SE-05", testing.missing("bundle")) == "unknown"
