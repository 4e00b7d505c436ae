package sluice.se_06_test

import data.sluice.testing

test_positive if testing.outcome("SE-06", testing.sound) == "pass"

test_negative if testing.outcome("SE-06", testing.having("/target/deployer", {"name": "jane@sluice.test", "service": false})) == "fail"

test_not_applicable if testing.outcome("SE-06", testing.having("/target/stage", "dev")) == "not_applicable"

test_unknown if testing.outcome("SE-06", testing.missing("bundle")) == "unknown"
