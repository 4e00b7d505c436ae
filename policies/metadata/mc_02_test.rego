package sluice.mc_02_test

import data.sluice.testing

test_positive if testing.outcome("MC-02", testing.sound) == "pass"

test_negative if testing.messages("MC-02", testing.without(concat("", [testing.flights, "/description"]))) == {"property `flights` has no description"}

test_negative_blank if testing.outcome("MC-02", testing.having(concat("", [testing.flights, "/description"]), "  ")) == "fail"

test_not_applicable if testing.outcome("MC-02", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("MC-02", testing.missing("contracts")) == "unknown"
