package sluice.rc_10_test

import data.sluice.testing

test_positive if testing.outcome("RC-10", testing.sound) == "pass"

test_negative if testing.messages("RC-10", testing.without("/product/regulation/ai/oversight")) == {"`regulation.ai` does not say: oversight"}

test_negative_class if testing.outcome("RC-10", testing.having("/product/regulation/ai/risk_class", "harmless")) == "fail"

test_not_applicable if testing.outcome("RC-10", testing.having("/assets/genie_spaces", {})) == "not_applicable"

test_unknown if testing.outcome("RC-10", testing.missing("bundle")) == "unknown"
