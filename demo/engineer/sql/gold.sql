-- For consumers.
CREATE TABLE IF NOT EXISTS {gold}.carrier_month_punctuality (
  carrier STRING NOT NULL COMMENT 'Two-letter carrier code',
  carrier_name STRING,
  year INT NOT NULL,
  month INT NOT NULL,
  flights BIGINT NOT NULL,
  cancelled BIGINT NOT NULL,
  on_time_share DOUBLE COMMENT 'Share of the flights with a known arrival delay that arrive at most 15 minutes late',
  mean_arrival_delay DOUBLE
) COMMENT 'Punctuality by carrier and month.';

CREATE TABLE IF NOT EXISTS {gold}.weather_delay (
  origin STRING NOT NULL,
  visibility_band STRING NOT NULL,
  flights BIGINT NOT NULL,
  mean_departure_delay DOUBLE
);
