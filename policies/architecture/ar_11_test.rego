package sluice.ar_11_test

import data.sluice.testing

test_positive if testing.outcome("AR-11", testing.sound) == "pass"

test_negative_verify if testing.outcome("AR-11", testing.having("/product/verify", [])) == "fail"

test_negative_tests if testing.messages("AR-11", testing.having("/scan/tests", [])) == {"the repository has 0 files of tests, fewer than 1"}

test_not_applicable if testing.outcome("AR-11", testing.without("/product")) == "not_applicable"

test_unknown if testing.outcome("AR-11", testing.missing("files")) == "unknown"
