package sluice.mc_08_test

import data.sluice.testing

test_positive if testing.outcome("MC-08", testing.sound) == "pass"

test_negative_no_contract if testing.messages("MC-08", testing.having("/contracts", {})) == {"table `carrier_month` has 0 contracts, not one"}

test_negative_unbound if "the contract is bound to no table of the catalog files" in testing.messages("MC-08", testing.without(concat("", [testing.contract, "/table"])))

test_not_applicable if {
	document := json.patch(testing.sound, [{"op": "replace", "path": "/contracts", "value": {}}, {"op": "replace", "path": "/assets/tables", "value": {}}])
	testing.outcome("MC-08", document) == "not_applicable"
}

test_unknown if testing.outcome("MC-08", testing.missing("bundle")) == "unknown"
