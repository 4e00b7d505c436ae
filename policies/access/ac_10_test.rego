package sluice.ac_10_test

import data.sluice.testing

test_positive if testing.outcome("AC-10", testing.sound) == "pass"

test_negative_person if testing.messages("AC-10", testing.having("/assets/jobs/load/definition/permissions/1/level", "CAN_MANAGE")) == {"the person `jane@sluice.test` has CAN_MANAGE"}

test_negative_group if testing.messages("AC-10", testing.having("/bundle/permissions/0/group_name", "analysts")) == {"group `analysts` has CAN_MANAGE"}

test_negative_shared if testing.outcome("AC-10", testing.having("/bundle/root_path", "/Workspace/Shared/flights")) == "fail"

test_not_applicable if testing.outcome("AC-10", json.patch(testing.sound, [{"op": "replace", "path": "/bundle", "value": {}}, {"op": "replace", "path": "/assets/jobs", "value": {}}])) == "not_applicable"

test_unknown if testing.outcome("AC-10", testing.missing("bundle")) == "unknown"
