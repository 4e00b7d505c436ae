package sluice.dc_09_test

import data.sluice.testing

carrier := concat("", [testing.contract, "/objects/carrier_month/properties/carrier"])

test_positive if testing.outcome("DC-09", testing.sound) == "pass"

test_negative_critical if testing.messages("DC-09", testing.having(concat("", [testing.flights, "/quality"]), [])) == {"`flights` is a critical data element and has no quality rule"}

test_negative_key_not_unique if testing.messages("DC-09", json.patch(testing.sound, [{"op": "remove", "path": concat("", [carrier, "/quality/0"])}])) == {"nothing checks that the key `carrier` is unique"}

test_negative_composite_key if testing.outcome("DC-09", testing.having(concat("", [testing.flights, "/primary_key"]), true)) == "fail"

test_negative_no_freshness if testing.outcome("DC-09", testing.without(concat("", [testing.contract, "/sla/frequency"]))) == "fail"

test_not_applicable if testing.outcome("DC-09", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("DC-09", testing.missing("contracts")) == "unknown"
