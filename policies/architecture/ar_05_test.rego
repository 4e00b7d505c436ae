package sluice.ar_05_test

import data.sluice.testing

test_positive if testing.outcome("AR-05", testing.sound) == "pass"

test_negative_hive if testing.outcome("AR-05", testing.having("/assets/tables/raw/name", "hive_metastore.bronze.raw")) == "fail"

test_negative_internal if testing.messages("AR-05", testing.having("/assets/grants/catalog.tables.carrier_month~1analysts/key", "raw")) == {"`analysts` may read `qa.flights_gold.carrier_month`, which is no output port"}

test_not_applicable if testing.outcome("AR-05", json.patch(testing.sound, [{"op": "replace", "path": "/assets/tables", "value": {}}, {"op": "replace", "path": "/assets/grants", "value": {}}])) == "not_applicable"

test_unknown if testing.outcome("AR-05", testing.missing("bundle")) == "unknown"
