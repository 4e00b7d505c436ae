package sluice.ac_01_test

import data.sluice.testing

principal := "/assets/grants/catalog.tables.carrier_month~1analysts/principal"

test_positive if testing.outcome("AC-01", testing.sound) == "pass"

test_negative if testing.messages("AC-01", testing.having(principal, "account users")) == {"SELECT is granted to `account users`, and the product is confidential"}

test_negative_case if testing.outcome("AC-01", testing.having(principal, "USERS")) == "fail"

test_not_applicable if testing.outcome("AC-01", testing.having("/product/classification", "internal")) == "not_applicable"

test_unknown if testing.outcome("AC-01", testing.missing("bundle")) == "unknown"
