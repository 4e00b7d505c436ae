package sluice.mc_03_test

import data.sluice.testing

described(text) := testing.having(concat("", [testing.flights, "/description"]), text)

test_positive if testing.outcome("MC-03", testing.sound) == "pass"

test_negative_repeats if contains(concat("", testing.messages("MC-03", described("Flights"))), "only repeats")

test_negative_placeholder if testing.outcome("MC-03", described("TODO describe this one")) == "fail"

test_negative_short if testing.outcome("MC-03", described("Scheduled")) == "fail"

test_not_applicable if testing.outcome("MC-03", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("MC-03", testing.missing("contracts")) == "unknown"
