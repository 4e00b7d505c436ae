-- One row per scheduled flight, with the names behind its codes.
CREATE TABLE IF NOT EXISTS {silver}.flights_enriched (
  year INT,
  month INT,
  day INT,
  scheduled_departure TIMESTAMP COMMENT 'Scheduled departure, local time of the origin',
  time_hour TIMESTAMP,
  carrier STRING,
  carrier_name STRING,
  flight INT,
  tailnum STRING,
  plane_manufacturer STRING,
  plane_model STRING,
  plane_year INT,
  plane_seats INT,
  origin STRING,
  dest STRING,
  dest_name STRING,
  dest_latitude DOUBLE,
  dest_longitude DOUBLE,
  dep_time INT,
  dep_delay INT,
  arr_time INT,
  arr_delay INT,
  air_time INT,
  distance INT
) COMMENT 'One row per scheduled flight, with the names behind its codes.';

CREATE VIEW IF NOT EXISTS {silver}.flights_by_carrier AS
SELECT
  carrier,
  max(carrier_name) AS carrier_name,
  year,
  count(*) AS flights
FROM {silver}.flights_enriched
GROUP BY carrier, year;
