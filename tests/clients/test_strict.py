"""A strict workspace, which this suite runs against, takes all that the official clients say and refuses the rest by name."""

import pytest
from databricks.sdk.errors import InvalidParameterValue


def test_an_unknown_field_or_parameter_is_refused_by_name(admin):
    # The client sends what it is told to, past its own methods.
    with pytest.raises(InvalidParameterValue, match=r"`jobs.JobsAPI.create` has no field `tasks\[0\].notebok_task` \(did you mean `notebook_task`\?\)"):
        admin.api_client.do("POST", "/api/2.2/jobs/create", body={"name": "j", "tasks": [{"task_key": "a", "notebok_task": {}}]})
    with pytest.raises(InvalidParameterValue, match="`jobs.JobsAPI.list` has no query parameter `limt`"):
        admin.api_client.do("GET", "/api/2.2/jobs/list", query={"limt": 1})
    assert admin.api_client.do("GET", "/_sluice/ignored-fields") == {"strict": True, "ignored": []}
