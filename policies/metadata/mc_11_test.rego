package sluice.mc_11_test

import data.sluice.testing

space := "/assets/genie_spaces/flights/definition/serialized_space"

test_positive if testing.outcome("MC-11", testing.sound) == "pass"

test_negative_questions if testing.messages("MC-11", testing.having(concat("", [space, "/config/sample_questions"]), [])) == {"the space has 0 sample questions, fewer than 5"}

test_negative_instructions if testing.outcome("MC-11", testing.without(concat("", [space, "/instructions"]))) == "fail"

test_not_applicable if testing.outcome("MC-11", testing.having("/assets/genie_spaces", {})) == "not_applicable"

test_unknown if testing.outcome("MC-11", testing.missing("bundle")) == "unknown"
