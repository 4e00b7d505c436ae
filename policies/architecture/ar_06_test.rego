package sluice.ar_06_test

import data.sluice.testing

test_positive if testing.outcome("AR-06", testing.sound) == "pass"

test_negative_policy if testing.messages("AR-06", testing.without("/assets/jobs/load/definition/job_clusters/0/new_cluster/policy_id")) == {"the cluster names no cluster policy"}

test_negative_workers if testing.outcome("AR-06", testing.having("/assets/jobs/load/definition/job_clusters/0/new_cluster/num_workers", 100)) == "fail"

test_negative_runtime if testing.outcome("AR-06", testing.having("/assets/jobs/load/definition/job_clusters/0/new_cluster/spark_version", "11.3.x-scala2.12")) == "fail"

test_negative_all_purpose if testing.outcome("AR-06", testing.having("/assets/jobs/load/definition/tasks/0/existing_cluster_id", "0101-1")) == "fail"

test_not_applicable if testing.outcome("AR-06", testing.without("/assets/jobs/load/definition/job_clusters")) == "not_applicable"

test_unknown if testing.outcome("AR-06", testing.missing("bundle")) == "unknown"
