CREATE OR REFRESH MATERIALIZED VIEW best_customers AS SELECT * FROM silver.customers;
