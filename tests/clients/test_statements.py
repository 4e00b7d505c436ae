"""Results of statements behind links, as a client with its own tools fetches them."""

import csv
import io

import pytest
import requests
from databricks.sdk.errors import InvalidParameterValue
from databricks.sdk.service.sql import Disposition, Format, StatementState

pytestmark = pytest.mark.witness("executes")


@pytest.fixture
def linked(engineer, warehouse):
    """Executes a statement whose result comes by links."""

    def execute(statement, format, **options):
        answer = engineer.statement_execution.execute_statement(
            statement, warehouse, disposition=Disposition.EXTERNAL_LINKS, format=format, wait_timeout="50s", **options
        )
        assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
        return answer

    return execute


def fetch(link):
    """What a link leads to: no token is sent."""
    answer = requests.get(link.external_link, timeout=30)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == link.byte_count
    return answer


def test_rows_are_fetched_chunk_by_chunk(engineer, linked):
    answer = linked("SELECT id, id * 2 AS twice FROM range(15000) ORDER BY id", Format.CSV)
    assert (answer.manifest.total_chunk_count, answer.manifest.total_row_count) == (2, 15000)
    text = ""
    for chunk in range(answer.manifest.total_chunk_count):
        links = engineer.statement_execution.get_statement_result_chunk_n(answer.statement_id, chunk).external_links
        text += fetch(links[0]).text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["id", "twice"]
    assert rows[-1] == ["14999", "29998"]
    assert len(rows) == 15001


def test_json_and_arrow_have_their_media_types(linked):
    rows = fetch(linked("SELECT 1 AS one, NULL AS nothing", Format.JSON_ARRAY).result.external_links[0])
    assert (rows.headers["content-type"], rows.json()) == ("application/json", [["1", None]])
    stream = fetch(linked("SELECT 1 AS one", Format.ARROW_STREAM).result.external_links[0])
    # Every message of an Arrow stream begins with this mark.
    assert stream.content.startswith(b"\xff\xff\xff\xff")


def test_a_link_refuses_a_token_and_what_it_was_not_made_for(linked):
    link = linked("SELECT 1", Format.JSON_ARRAY).result.external_links[0].external_link
    assert requests.get(link, headers={"Authorization": "Bearer dapi"}, timeout=30).status_code == 400
    assert requests.get(link.replace("/0?", "/1?"), timeout=30).status_code == 403


def test_limits_cut_and_formats_need_links(engineer, warehouse):
    cut = engineer.statement_execution.execute_statement("SELECT id FROM range(9)", warehouse, row_limit=4, wait_timeout="50s")
    assert (cut.manifest.total_row_count, cut.manifest.truncated) == (4, True)
    with pytest.raises(InvalidParameterValue):
        engineer.statement_execution.execute_statement("SELECT 1", warehouse, format=Format.ARROW_STREAM)
