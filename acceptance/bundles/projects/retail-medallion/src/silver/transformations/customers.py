from pyspark import pipelines as dp


@dp.materialized_view
def customers():
    return spark.read.table("bronze.customers")
