package sluice.ac_04_test

import data.sluice.testing

test_positive if testing.outcome("AC-04", testing.sound) == "pass"

test_negative if testing.messages("AC-04", testing.without("/assets/tables/carrier_month/columns/pilot_email/mask")) == {"column `pilot_email` is labelled pii and has no mask"}

test_negative_no_function if testing.outcome("AC-04", testing.having("/assets/tables/carrier_month/columns/pilot_email/mask", {})) == "fail"

test_not_applicable if testing.outcome("AC-04", testing.having(concat("", [testing.contract, "/objects/carrier_month/properties/pilot_email/labels"]), [])) == "not_applicable"

test_unknown if testing.outcome("AC-04", testing.missing("bundle")) == "unknown"
