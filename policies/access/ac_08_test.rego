package sluice.ac_08_test

import data.sluice.testing

test_positive if testing.outcome("AC-08", testing.sound) == "pass"

test_negative if testing.messages("AC-08", testing.having("/live/grants/qa.flights_gold.carrier_month~1analysts/privileges", ["SELECT", "MODIFY"])) == {"the workspace grants MODIFY on `qa.flights_gold.carrier_month` to `analysts`, which no catalog file declares"}

test_negative_principal if testing.outcome("AC-08", testing.having("/live/grants/qa.flights_gold.carrier_month~1analysts/principal", "guests")) == "fail"

test_not_applicable if testing.outcome("AC-08", testing.having("/live/grants", {})) == "not_applicable"

test_unknown if testing.outcome("AC-08", testing.missing("grants")) == "unknown"
