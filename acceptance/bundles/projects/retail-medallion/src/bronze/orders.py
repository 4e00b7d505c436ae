# Databricks notebook source
import dlt

# COMMAND ----------


@dlt.table
def orders():
    return spark.readStream.format("cloudFiles").load(spark.conf.get("landing"))
