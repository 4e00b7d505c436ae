package sluice.se_01_test

import data.sluice.testing

sighting := {"file": "src/load.py", "line": 3, "column": 1, "kind": "kind", "shown": "a***"}

test_positive if testing.outcome("SE-01", testing.sound) == "pass"

test_negative if testing.subjects("SE-01", testing.having("/scan/secrets/one", sighting)) == {"src/load.py"}

test_not_applicable if testing.outcome("SE-01", testing.having("/scan/files", 0)) == "not_applicable"

test_unknown if testing.outcome("SE-01", testing.missing("files")) == "unknown"
