# Databricks notebook source
# MAGIC %md
# MAGIC Loads the CSV files of the source volume into the bronze tables, as received: `NA` is null, nothing else changes.

# COMMAND ----------

dbutils.widgets.text("source", "")
dbutils.widgets.text("bronze", "")
source = dbutils.widgets.get("source")
bronze = dbutils.widgets.get("bronze")

# COMMAND ----------

from pyspark.sql import functions as F

TABLES = ["airlines", "airports", "planes", "weather", "flights"]

for table in TABLES:
    target = f"{bronze}.{table}"
    texts = spark.read.csv(f"{source}/{table}.csv", header=True)
    known = [
        F.when(texts[field.name] != "NA", texts[field.name]).cast(field.dataType).alias(field.name)
        for field in spark.table(target).schema
    ]
    texts.select(known).write.insertInto(target, overwrite=True)

# COMMAND ----------

counts = {table: spark.table(f"{bronze}.{table}").count() for table in TABLES}
for table, count in counts.items():
    print(f"{table}: {count} rows")
dbutils.jobs.taskValues.set("flights", counts["flights"])
dbutils.notebook.exit(str(counts["flights"]))
