package sluice.ac_07_test

import data.sluice.testing

test_positive if testing.outcome("AC-07", json.patch(testing.sound, [{"op": "replace", "path": "/product/classification", "value": "restricted"}, {"op": "replace", "path": "/assets/grants/catalog.tables.carrier_month~1analysts/principal", "value": "restricted-readers"}])) == "pass"

test_negative if testing.messages("AC-07", testing.having("/product/classification", "restricted")) == {"`analysts` is not cleared for restricted data"}

test_not_applicable if testing.outcome("AC-07", testing.sound) == "not_applicable"

test_unknown if testing.outcome("AC-07", testing.missing("bundle")) == "unknown"
