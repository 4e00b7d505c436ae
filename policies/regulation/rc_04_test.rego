package sluice.rc_04_test

import data.sluice.testing

test_positive if testing.outcome("RC-04", testing.sound) == "pass"

test_negative_retention if testing.messages("RC-04", testing.without(concat("", [testing.contract, "/sla/retention"]))) == {"no retention is declared (`slaProperties`, `property: retention`)"}

test_negative_erasure if testing.messages("RC-04", testing.without("/assets/jobs/erase_pilot")) == {"it holds personal data, and no job erases a person (`regulation.gdpr.erasure` is `erase_pilot`)"}

test_not_applicable if testing.outcome("RC-04", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("RC-04", testing.missing("contracts")) == "unknown"
