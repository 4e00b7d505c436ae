package sluice.mc_06_test

import data.sluice.testing

email := concat("", [testing.contract, "/objects/carrier_month/properties/pilot_email"])

test_positive if testing.outcome("MC-06", testing.sound) == "pass"

test_positive_with_reason if {
	document := json.patch(testing.sound, [
		{"op": "replace", "path": concat("", [email, "/labels"]), "value": []},
		{"op": "add", "path": concat("", [email, "/custom/not-pii"]), "value": "an address of a desk"},
	])
	testing.outcome("MC-06", document) == "pass"
}

test_negative if testing.messages("MC-06", testing.having(concat("", [email, "/labels"]), [])) == {"property `pilot_email` looks like email and carries no label"}

test_not_applicable if testing.outcome("MC-06", testing.without(concat("", [email, "/detected"]))) == "not_applicable"

test_unknown if testing.outcome("MC-06", testing.missing("contracts")) == "unknown"
