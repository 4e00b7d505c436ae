package sluice.rc_05_test

import data.sluice.testing

open := json.patch(testing.sound, [
	{"op": "replace", "path": "/product/classification", "value": "internal"},
	{"op": "replace", "path": concat("", [testing.contract, "/objects/carrier_month/properties/pilot_email/labels"]), "value": []},
])

test_positive if testing.outcome("RC-05", testing.sound) == "pass"

test_negative_region if testing.messages("RC-05", testing.having("/product/regions", ["us-east-1"])) == {"region `us-east-1` is not allowed for this data"}

test_negative_undeclared if testing.outcome("RC-05", testing.without("/product/regions")) == "fail"

test_not_applicable if testing.outcome("RC-05", open) == "not_applicable"

test_unknown if testing.outcome("RC-05", testing.missing("contracts")) == "unknown"
