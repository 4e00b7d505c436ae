package sluice.mc_09_test

import data.sluice.testing

test_positive if testing.outcome("MC-09", testing.sound) == "pass"

test_negative_usage if testing.messages("MC-09", testing.without(concat("", [testing.contract, "/description/usage"]))) == {"the contract has no `description.usage`"}

test_negative_retention if testing.outcome("MC-09", testing.without(concat("", [testing.contract, "/sla/retention"]))) == "fail"

test_negative_support if testing.outcome("MC-09", testing.without("/product/end_of_support")) == "fail"

test_not_applicable if testing.outcome("MC-09", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("MC-09", testing.missing("contracts")) == "unknown"
