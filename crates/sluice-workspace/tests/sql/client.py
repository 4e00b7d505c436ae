"""The beginning of every script of the gateway's tests: a Spark session, and `show`, which prints a value or the kind of error."""

import tempfile

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, udf

with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as file:
    file.write("x = 1\n")
SELF = file.name

spark = SparkSession.builder.getOrCreate()


def show(label, action):
    """Prints what an action returns, or which condition its error has."""
    try:
        print(f"{label}: {action()!r}", flush=True)
    except Exception as error:  # noqa: BLE001 - the kind of error is what is tested
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        print(f"{label}: {type(error).__name__} {condition or str(error)[:200]}", flush=True)
