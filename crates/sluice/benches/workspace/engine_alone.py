"""Statements on a Sail of its own: medians in seconds, as a JSON list. Arguments: how often, the statements."""

import json
import statistics
import sys
import time

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
_, port = server.listening_address
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
medians = []
for text in sys.argv[2:]:
    spark.sql(text).toArrow()
    taken = []
    for _ in range(int(sys.argv[1])):
        begun = time.perf_counter()
        spark.sql(text).toArrow()
        taken.append(time.perf_counter() - begun)
    medians.append(statistics.median(taken))
print(json.dumps(medians))
spark.stop()
server.stop()
