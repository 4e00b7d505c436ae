package sluice.ar_07_test

import data.sluice.testing

test_positive if testing.outcome("AR-07", testing.sound) == "pass"

test_negative_timeout if testing.messages("AR-07", testing.without("/assets/jobs/load/definition/timeout_seconds")) == {"job `load`: it has no `timeout_seconds`"}

test_negative_silent if testing.messages("AR-07", testing.without("/assets/jobs/load/definition/email_notifications")) == {"job `load`: nobody is told when it fails"}

test_negative_overlap if testing.outcome("AR-07", testing.having("/assets/jobs/load/definition/max_concurrent_runs", 5)) == "fail"

test_not_applicable if testing.outcome("AR-07", testing.having("/assets/jobs", {})) == "not_applicable"

test_unknown if testing.outcome("AR-07", testing.missing("bundle")) == "unknown"
