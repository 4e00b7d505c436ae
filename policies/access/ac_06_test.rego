package sluice.ac_06_test

import data.sluice.testing

test_positive if testing.outcome("AC-06", testing.sound) == "pass"

test_negative_missing if testing.messages("AC-06", testing.without("/assets/functions/hide")) == {"function `qa.flights_gold.hide` is neither declared in the catalog files nor in an approved schema"}

test_negative_not_deterministic if testing.outcome("AC-06", testing.having("/assets/functions/hide/deterministic", false)) == "fail"

test_not_applicable if testing.outcome("AC-06", testing.having("/assets/tables", {})) == "not_applicable"

test_unknown if testing.outcome("AC-06", testing.missing("bundle")) == "unknown"
