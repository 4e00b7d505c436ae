package sluice.mc_04_test

import data.sluice.testing

test_positive if testing.outcome("MC-04", testing.sound) == "pass"

test_negative_few if testing.outcome("MC-04", testing.having(concat("", [testing.flights, "/terms"]), [])) == "fail"

test_negative_unknown_term if testing.messages("MC-04", testing.having(concat("", [testing.flights, "/terms"]), ["aviation/flite"])) == {"property `flights` is linked to `aviation/flite`, which no glossary has"}

test_not_applicable if testing.outcome("MC-04", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("MC-04", testing.missing("glossary")) == "unknown"
