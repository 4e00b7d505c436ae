package sluice.ac_02_test

import data.sluice.testing

test_positive if testing.outcome("AC-02", testing.sound) == "pass"

test_negative if testing.messages("AC-02", testing.having("/assets/grants/catalog.tables.carrier_month~1analysts/principal", "jane@sluice.test")) == {"SELECT is granted to the person `jane@sluice.test`"}

test_not_applicable if testing.outcome("AC-02", testing.having("/assets/grants", {})) == "not_applicable"

test_unknown if testing.outcome("AC-02", testing.missing("bundle")) == "unknown"
