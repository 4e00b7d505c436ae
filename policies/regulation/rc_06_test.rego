package sluice.rc_06_test

import data.sluice.testing

test_positive if testing.outcome("RC-06", testing.sound) == "pass"

test_negative_reconciliation if testing.messages("RC-06", testing.without("/product/regulation/bcbs239/reconciliation")) == {"`regulation.bcbs239.reconciliation` is missing"}

test_negative_elements if testing.outcome("RC-06", testing.having(concat("", [testing.flights, "/critical"]), false)) == "fail"

test_not_applicable if testing.outcome("RC-06", testing.without("/product/regulation/bcbs239")) == "not_applicable"

test_unknown if testing.outcome("RC-06", testing.missing("contracts")) == "unknown"
