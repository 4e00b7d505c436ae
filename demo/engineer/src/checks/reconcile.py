"""Fails when the layers of flight-punctuality do not reconcile: no flight may be lost or counted twice on the way to gold."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def faults(bronze_flights: int, silver_flights: int, gold_flights: int, bands: set[str], bad_shares: int) -> list[str]:
    """What does not reconcile, in words; empty when everything does."""
    found = []
    if bronze_flights == 0:
        found.append("bronze holds no flights")
    if silver_flights != bronze_flights:
        found.append(f"silver holds {silver_flights} flights, bronze {bronze_flights}")
    if gold_flights != bronze_flights:
        found.append(f"gold counts {gold_flights} scheduled flights, bronze {bronze_flights}")
    if unknown := bands - {"[0,1)", "[1,3)", "[3,6)", "[6,10)", "10"}:
        found.append(f"unknown visibility bands: {', '.join(sorted(unknown))}")
    if bad_shares:
        found.append(f"{bad_shares} rows of carrier_month_punctuality have an on_time_share outside 0 to 1")
    return found


def main(bronze: str, silver: str, gold: str) -> None:
    spark = SparkSession.builder.getOrCreate()
    punctuality = spark.table(f"{gold}.carrier_month_punctuality")
    found = faults(
        spark.table(f"{bronze}.flights").count(),
        spark.table(f"{silver}.flights_enriched").count(),
        punctuality.agg(F.sum("flights").alias("flights")).collect()[0]["flights"] or 0,
        {row["visibility_band"] for row in spark.table(f"{gold}.weather_delay").collect()},
        punctuality.where(~F.col("on_time_share").between(0, 1)).count(),
    )
    for fault in found:
        print(f"fault: {fault}")
    if found:
        sys.exit(f"{len(found)} faults")
    print("bronze, silver and gold reconcile")


if __name__ == "__main__":
    main(*sys.argv[1:])
