package sluice.mc_05_test

import data.sluice.testing

test_positive if testing.outcome("MC-05", testing.sound) == "pass"

test_negative if testing.outcome("MC-05", testing.without(concat("", [testing.flights, "/classification"]))) == "fail"

test_negative_word if testing.outcome("MC-05", testing.having(concat("", [testing.flights, "/classification"]), "secret")) == "fail"

test_negative_product_below if testing.messages("MC-05", testing.having("/product/classification", "internal")) == {"property `pilot_email` is confidential, the product is only internal"}

test_not_applicable if testing.outcome("MC-05", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("MC-05", testing.missing("contracts")) == "unknown"
