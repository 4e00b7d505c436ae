package sluice.rc_08_test

import data.sluice.testing

email := concat("", [testing.contract, "/objects/carrier_month/properties/flights/labels"])

test_positive if testing.outcome("RC-08", testing.sound) == "pass"

test_negative_column if testing.messages("RC-08", testing.having(email, ["pci"])) == {"column `flights` holds card or health data and is not masked"}

test_negative_file if testing.subjects("RC-08", testing.having("/scan/personal/one", {"file": "src/a.sql", "line": 1, "column": 1, "kind": "a card number", "shown": "4111…"})) == {"src/a.sql"}

test_not_applicable if testing.outcome("RC-08", testing.having("/scan/files", 0)) == "not_applicable"

test_unknown if testing.outcome("RC-08", testing.missing("files")) == "unknown"
