package sluice.rc_01_test

import data.sluice.testing

test_positive if testing.outcome("RC-01", testing.sound) == "pass"

test_negative_missing if testing.messages("RC-01", testing.without("/product/regulation/dora/rto")) == {"`regulation.dora.rto` is missing"}

test_negative_duration if testing.messages("RC-01", testing.having("/product/regulation/dora/rpo", "four hours")) == {"`four hours` is no duration such as PT4H"}

test_negative_old_test if testing.messages("RC-01", testing.having("/product/regulation/dora/restore_tested", "2025-01-01")) == {"restoring was last tested on 2025-01-01, more than 365 days ago"}

test_negative_undeclared if testing.outcome("RC-01", json.patch(testing.sound, [{"op": "replace", "path": "/product/criticality", "value": "critical"}, {"op": "remove", "path": "/product/regulation/dora"}])) == "fail"

test_not_applicable if testing.outcome("RC-01", json.patch(testing.sound, [{"op": "replace", "path": "/product/criticality", "value": "low"}, {"op": "remove", "path": "/product/regulation/dora"}])) == "not_applicable"

test_unknown if testing.outcome("RC-01", testing.missing("files")) == "unknown"
