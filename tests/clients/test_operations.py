"""Every operation of the REST API is either offered, and then an official client has called it with success, or answers 501 with its id."""

import pytest

from .coverage import PAGE, differs, page
from .operations import find, operations


@pytest.fixture(scope="session")
def answers(workspaces):
    """What the workspace `qa` answers to one request per operation, about things that do not exist."""
    distinct = {operation.shape: operation for operation in reversed(operations())}
    return {operation: workspaces.request(operation.method, operation.example()) for operation in distinct.values()}


@pytest.mark.last
def test_the_table_is_whole(answers):
    assert len(operations()) > 1000
    assert len(answers) > 1000


@pytest.mark.last
def test_an_operation_that_is_not_offered_says_so_with_its_id(answers):
    wrong = []
    for operation, answer in answers.items():
        if answer.status_code != 501:
            continue
        expected = find(operation.method, operation.example()).id
        # A HEAD answer has no body.
        if operation.method != "HEAD" and (answer.json()["error_code"] != "NOT_IMPLEMENTED" or expected not in answer.text):
            wrong.append((expected, answer.text))
    assert not wrong
    assert sum(answer.status_code == 501 for answer in answers.values()) > 700


@pytest.mark.last
def test_no_operation_fails_inside_or_pretends(answers):
    # About things that do not exist, with an empty body: a refusal, an empty list, or 501. Never 5xx of another kind.
    broken = {operation.id: answer.text for operation, answer in answers.items() if answer.status_code >= 500 and answer.status_code != 501}
    assert not broken


@pytest.fixture(scope="session")
def offered(answers):
    """The operations that are answered."""
    shapes = {operation.shape for operation, answer in answers.items() if answer.status_code != 501}
    return {operation.id for operation in operations() if operation.shape in shapes}


@pytest.mark.last
def test_an_official_client_has_called_every_operation_that_is_offered(offered, workspaces):
    assert len(offered) > 50
    assert sorted(each.id for each in operations() if each.id in offered and not workspaces.recorder.of(each)) == []


@pytest.mark.last
def test_the_page_about_coverage_is_current(offered, workspaces):
    assert not differs(page(offered, workspaces.recorder)), f"{PAGE.name} is not what this session saw: `make coverage` writes it anew"
