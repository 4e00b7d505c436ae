package sluice.ar_01_test

import data.sluice.testing

test_positive if testing.outcome("AR-01", testing.sound) == "pass"

test_negative_no_port if testing.messages("AR-01", testing.having("/product/ports", [])) == {"the product has no output port"}

test_negative_no_contract if testing.messages("AR-01", testing.without("/product/ports/0/contract")) == {"output port `carrier-month` names no contract"}

test_negative_no_genie if testing.messages("AR-01", testing.having("/assets/genie_spaces", {})) == {"the product should have a `genie`, and declares none"}

test_not_applicable if testing.outcome("AR-01", testing.without("/product")) == "not_applicable"

test_unknown if testing.outcome("AR-01", testing.missing("bundle")) == "unknown"
