package sluice.dc_01_test

import data.sluice.testing

one := "/changes/contracts~1carrier_month.odcs.yaml#carrier_month.flights#column_added"

changed(row, bump, version) := json.patch(testing.sound, [
	{"op": "replace", "path": concat("", [one, "/rule"]), "value": row},
	{"op": "replace", "path": concat("", [one, "/bump"]), "value": bump},
	{"op": "replace", "path": concat("", [one, "/version"]), "value": version},
])

with_evidence(document, status) := json.patch(document, [{"op": "replace", "path": "/evidence/changes", "value": {"status": status, "reason": "because"}}])

test_positive if testing.outcome("DC-01", changed("C01", "major", "2.0.0")) == "pass"

test_negative if testing.outcome("DC-01", changed("C01", "major", "1.1.0")) == "fail"

test_not_applicable if testing.outcome("DC-01", testing.having("/changes", {})) == "not_applicable"

test_not_applicable_first_release if testing.outcome("DC-01", with_evidence(changed("C01", "major", "1.1.0"), "none")) == "not_applicable"

test_unknown if testing.outcome("DC-01", with_evidence(changed("C01", "major", "1.1.0"), "missing")) == "unknown"

# What could not be read looks like no difference at all.
test_unknown_unread if testing.outcome("DC-01", with_evidence(testing.having("/changes", {}), "missing")) == "unknown"
