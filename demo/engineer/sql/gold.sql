-- For consumers.
CREATE TABLE IF NOT EXISTS {gold}.carrier_month_punctuality (
  carrier STRING NOT NULL COMMENT 'Two-letter carrier code',
  carrier_name STRING,
  year INT NOT NULL,
  month INT NOT NULL,
  flights BIGINT,
  cancelled BIGINT,
  on_time_share DOUBLE COMMENT 'Share of the flights with a known arrival delay that arrive at most 15 minutes late',
  mean_arrival_delay DOUBLE
) COMMENT 'Punctuality by carrier and month.';

CREATE TABLE IF NOT EXISTS {gold}.weather_delay (
  origin STRING,
  visibility_band STRING,
  flights BIGINT,
  mean_departure_delay DOUBLE
);

CREATE VIEW IF NOT EXISTS {gold}.carrier_year_punctuality AS
SELECT
  carrier,
  max(carrier_name) AS carrier_name,
  year,
  sum(flights) AS flights,
  sum(cancelled) AS cancelled
FROM {gold}.carrier_month_punctuality
GROUP BY carrier, year;
