# Databricks notebook source
import dlt


@dlt.table
def customers():
    return spark.read.json(spark.conf.get("landing") + "/customers")
