package sluice.mc_07_test

import data.sluice.testing

test_positive if testing.outcome("MC-07", testing.sound) == "pass"

test_negative_absent if testing.messages("MC-07", testing.without("/live/principals/stewards")) == {"the workspace knows no `stewards`, who is the steward"}

test_negative_inactive if testing.outcome("MC-07", testing.having("/live/principals/stewards/active", false)) == "fail"

test_negative_no_group if testing.messages("MC-07", testing.having("/live/principals/domain-owners/type", "user")) == {"the owner `domain-owners` is no group"}

test_not_applicable if testing.outcome("MC-07", testing.without("/product")) == "not_applicable"

test_unknown if testing.outcome("MC-07", testing.missing("principals")) == "unknown"
