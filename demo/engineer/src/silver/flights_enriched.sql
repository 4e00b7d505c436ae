-- Databricks notebook source
-- MAGIC %md
-- MAGIC Every scheduled flight with the names behind its codes. A flight whose plane or destination is unknown stays, with nulls.

-- COMMAND ----------

INSERT OVERWRITE IDENTIFIER(:silver || '.flights_enriched')
SELECT
  flights.year,
  flights.month,
  flights.day,
  make_timestamp(flights.year, flights.month, flights.day, flights.hour, flights.minute, 0) AS scheduled_departure,
  flights.time_hour,
  flights.carrier,
  airlines.name AS carrier_name,
  flights.flight,
  flights.tailnum,
  planes.manufacturer AS plane_manufacturer,
  planes.model AS plane_model,
  planes.year AS plane_year,
  planes.seats AS plane_seats,
  flights.origin,
  flights.dest,
  airports.name AS dest_name,
  airports.lat AS dest_latitude,
  airports.lon AS dest_longitude,
  flights.dep_time,
  flights.dep_delay,
  flights.arr_time,
  flights.arr_delay,
  flights.air_time,
  flights.distance
FROM IDENTIFIER(:bronze || '.flights') AS flights
LEFT JOIN IDENTIFIER(:bronze || '.airlines') AS airlines ON airlines.carrier = flights.carrier
LEFT JOIN IDENTIFIER(:bronze || '.planes') AS planes ON planes.tailnum = flights.tailnum
LEFT JOIN IDENTIFIER(:bronze || '.airports') AS airports ON airports.faa = flights.dest
