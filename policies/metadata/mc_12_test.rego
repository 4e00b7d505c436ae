package sluice.mc_12_test

import data.sluice.testing

test_positive if testing.outcome("MC-12", testing.sound) == "pass"

test_negative if testing.messages("MC-12", testing.having("/glossary/aviation~1flight/status", "deprecated")) == {"term `aviation/flight` is deprecated"}

test_not_applicable if testing.outcome("MC-12", testing.having("/glossary", {})) == "not_applicable"

test_unknown if testing.outcome("MC-12", testing.missing("glossary")) == "unknown"
