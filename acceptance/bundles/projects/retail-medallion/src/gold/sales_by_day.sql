CREATE OR REFRESH MATERIALIZED VIEW sales_by_day AS SELECT day, sum(price) AS sales FROM silver.orders GROUP BY day;
