package sluice.ar_03_test

import data.sluice.testing

sighting := {"file": "src/load.py", "line": 3, "column": 1, "kind": "kind", "shown": "a***"}

test_positive if testing.outcome("AR-03", testing.sound) == "pass"

test_negative if testing.subjects("AR-03", testing.having("/scan/literals/one", sighting)) == {"src/load.py"}

test_not_applicable if testing.outcome("AR-03", testing.having("/scan/files", 0)) == "not_applicable"

test_unknown if testing.outcome("AR-03", testing.missing("files")) == "unknown"
