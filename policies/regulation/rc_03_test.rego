package sluice.rc_03_test

import data.sluice.testing

not_personal := json.patch(testing.sound, [
	{"op": "remove", "path": "/product/regulation/gdpr"},
	{"op": "replace", "path": concat("", [testing.contract, "/objects/carrier_month/properties/pilot_email/labels"]), "value": []},
])

test_positive if testing.outcome("RC-03", testing.sound) == "pass"

test_negative_basis if testing.messages("RC-03", testing.without("/product/regulation/gdpr/lawful_basis")) == {"`regulation.gdpr.lawful_basis` is missing"}

test_negative_dpia if testing.outcome("RC-03", testing.without("/product/regulation/gdpr/dpia")) == "fail"

test_negative_nothing_declared if testing.outcome("RC-03", testing.without("/product/regulation/gdpr")) == "fail"

test_not_applicable if testing.outcome("RC-03", not_personal) == "not_applicable"

test_unknown if testing.outcome("RC-03", testing.missing("contracts")) == "unknown"
