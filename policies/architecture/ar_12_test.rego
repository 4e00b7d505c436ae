package sluice.ar_12_test

import data.sluice.testing

test_positive if testing.outcome("AR-12", testing.sound) == "pass"

test_negative if testing.messages("AR-12", testing.without("/assets/jobs/load/definition/tags/cost_center")) == {"job `load` has no tag cost_center"}

test_not_applicable if testing.outcome("AR-12", testing.having("/assets/jobs", {})) == "not_applicable"

test_unknown if testing.outcome("AR-12", testing.missing("bundle")) == "unknown"
