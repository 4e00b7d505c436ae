package sluice.ar_02_test

import data.sluice.testing

test_positive if testing.outcome("AR-02", testing.sound) == "pass"

test_negative_table if testing.outcome("AR-02", testing.having("/assets/tables/raw/name", "qa.flights_bronze.Raw-2")) == "fail"

test_negative_reserved if testing.messages("AR-02", testing.having("/assets/tables/raw/name", "qa.flights_bronze.temp")) == {"the name `temp` is reserved"}

test_negative_job if testing.outcome("AR-02", testing.having("/assets/jobs/load/definition/name", "Load!")) == "fail"

test_not_applicable if testing.outcome("AR-02", json.patch(testing.sound, [{"op": "replace", "path": "/assets/tables", "value": {}}, {"op": "replace", "path": "/assets/jobs", "value": {}}, {"op": "replace", "path": "/assets/schemas", "value": {}}])) == "not_applicable"

test_unknown if testing.outcome("AR-02", testing.missing("bundle")) == "unknown"
