package sluice.dc_05_test

import data.sluice.testing

one := "/changes/contracts~1carrier_month.odcs.yaml#carrier_month.flights#column_added"

changed(row, bump, version) := json.patch(testing.sound, [
	{"op": "replace", "path": concat("", [one, "/rule"]), "value": row},
	{"op": "replace", "path": concat("", [one, "/bump"]), "value": bump},
	{"op": "replace", "path": concat("", [one, "/version"]), "value": version},
])

with_evidence(document, status) := json.patch(document, [{"op": "replace", "path": "/evidence/changes", "value": {"status": status, "reason": "because"}}])

test_positive if testing.outcome("DC-05", testing.sound) == "pass"

test_negative_reused if testing.messages("DC-05", changed("C04", "minor", "1.0.0")) == {"the changes need a minor version, the contract went from 1.0.0 to 1.0.0"}

test_negative_back if testing.outcome("DC-05", changed("C04", "minor", "0.9.0")) == "fail"

test_not_applicable if testing.outcome("DC-05", testing.having("/changes", {})) == "not_applicable"

test_unknown if testing.outcome("DC-05", testing.missing("changes")) == "unknown"
