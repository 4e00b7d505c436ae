package sluice.se_10_test

import data.sluice.testing

test_positive if testing.outcome("SE-10", testing.sound) == "pass"

test_negative_unrecorded if testing.messages("SE-10", testing.having("/release/recorded", false)) == {"the release is not recorded in this ledger"}

test_negative_no_digest if testing.outcome("SE-10", testing.without("/release/digest")) == "fail"

test_not_applicable if testing.outcome("SE-10", testing.none("release")) == "not_applicable"

test_unknown if testing.outcome("SE-10", testing.missing("release")) == "unknown"
