package sluice.se_11_test

import data.sluice.testing

action := "/plan/catalog.tables.carrier_month/action"

test_positive if testing.outcome("SE-11", testing.sound) == "pass"

test_negative_delete if testing.outcome("SE-11", testing.having(action, "delete")) == "fail"

test_negative_recreate if testing.messages("SE-11", testing.having(action, "recreate")) == {"the plan would recreate `catalog.tables.carrier_month`, which holds data"}

test_not_applicable if testing.outcome("SE-11", testing.having("/plan", {})) == "not_applicable"

test_unknown if testing.outcome("SE-11", testing.missing("plan")) == "unknown"
