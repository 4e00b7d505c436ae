package sluice.ac_05_test

import data.sluice.testing

test_positive if testing.outcome("AC-05", testing.sound) == "pass"

test_negative if testing.outcome("AC-05", testing.without("/assets/tables/carrier_month/row_filter")) == "fail"

test_not_applicable if testing.outcome("AC-05", testing.without(concat("", [testing.contract, "/objects/carrier_month/custom/row_scope"]))) == "not_applicable"

test_unknown if testing.outcome("AC-05", testing.missing("bundle")) == "unknown"
