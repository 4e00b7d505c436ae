package sluice.mc_01_test

import data.sluice.testing

test_positive if testing.outcome("MC-01", testing.sound) == "pass"

test_negative_no_owner if testing.messages("MC-01", testing.without("/product/owner")) == {"the product has no `owner`"}

test_negative_person if testing.messages("MC-01", testing.having("/product/owner", "jane@sluice.test")) == {"the owner `jane@sluice.test` is a person, not a group"}

test_negative_short_purpose if testing.outcome("MC-01", testing.having("/product/description", "Flights.")) == "fail"

test_not_applicable if testing.outcome("MC-01", testing.without("/product")) == "not_applicable"

test_unknown if testing.outcome("MC-01", testing.missing("files")) == "unknown"
