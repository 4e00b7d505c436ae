package sluice.dc_08_test

import data.sluice.testing

test_positive if testing.outcome("DC-08", testing.sound) == "pass"

test_negative_column_missing if testing.messages("DC-08", testing.without("/assets/tables/carrier_month/columns/flights")) == {"the contract has `flights`, the catalog files have no such column"}

test_negative_column_extra if testing.outcome("DC-08", testing.having("/live/tables/qa.flights_gold.carrier_month/columns/extra", {"type": "int"})) == "fail"

# A new column is in the catalog files and in the contract first; the deployment brings it.
test_positive_column_to_come if testing.outcome("DC-08", testing.without("/live/tables/qa.flights_gold.carrier_month/columns/flights")) == "pass"

test_negative_column_undeclared if testing.messages("DC-08", testing.without("/contracts/contracts~1carrier_month.odcs.yaml/objects/carrier_month/properties/flights")) == {"column `flights` in the catalog files is not in the contract"}

test_negative_type if testing.messages("DC-08", testing.having("/assets/tables/carrier_month/columns/flights/type", "int")) == {"`flights` is bigint in the contract and int in the catalog files"}

test_positive_same_type_spelled_otherwise if testing.outcome("DC-08", testing.having("/assets/tables/carrier_month/columns/flights/type", "LONG")) == "pass"

test_not_applicable if testing.outcome("DC-08", testing.having("/contracts", {})) == "not_applicable"

test_unknown if testing.outcome("DC-08", testing.missing("tables")) == "unknown"
