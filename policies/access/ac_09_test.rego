package sluice.ac_09_test

import data.sluice.testing

test_positive if testing.outcome("AC-09", testing.sound) == "pass"

test_negative_user if testing.messages("AC-09", testing.having("/assets/jobs/load/definition/run_as", {"user_name": "jane@sluice.test"})) == {"job `load` runs as a person"}

test_negative_deployer if testing.messages("AC-09", testing.having("/target/deployer/service", false)) == {"job `erase_pilot` runs as a person"}

test_not_applicable if testing.outcome("AC-09", testing.having("/assets/jobs", {})) == "not_applicable"

test_unknown if testing.outcome("AC-09", testing.missing("bundle")) == "unknown"
