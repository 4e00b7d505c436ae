package sluice.ac_03_test

import data.sluice.testing

test_positive if testing.outcome("AC-03", testing.sound) == "pass"

test_negative if testing.messages("AC-03", testing.having("/assets/grants/catalog.tables.carrier_month~1analysts/privileges", ["ALL_PRIVILEGES"])) == {"`analysts` is granted ALL_PRIVILEGES"}

test_negative_manage if testing.outcome("AC-03", testing.having("/assets/grants/catalog.tables.carrier_month~1analysts/privileges", ["SELECT", "MANAGE"])) == "fail"

test_not_applicable if testing.outcome("AC-03", testing.having("/assets/grants", {})) == "not_applicable"

test_unknown if testing.outcome("AC-03", testing.missing("bundle")) == "unknown"
