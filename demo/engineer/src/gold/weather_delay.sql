-- Departure delay by visibility at the origin in the hour of departure. Flights without a weather record in that hour are left out.
INSERT OVERWRITE IDENTIFIER(:gold || '.weather_delay')
SELECT
  origin,
  visibility_band,
  count(*) AS flights,
  avg(dep_delay) AS mean_departure_delay
FROM (
  SELECT
    flights.origin,
    flights.dep_delay,
    CASE
      WHEN weather.visib < 1 THEN '[0,1)'
      WHEN weather.visib < 3 THEN '[1,3)'
      WHEN weather.visib < 6 THEN '[3,6)'
      WHEN weather.visib < 10 THEN '[6,10)'
      ELSE '10'
    END AS visibility_band
  FROM IDENTIFIER(:silver || '.flights_enriched') AS flights
  INNER JOIN IDENTIFIER(:bronze || '.weather') AS weather
    ON weather.origin = flights.origin AND weather.time_hour = flights.time_hour
)
GROUP BY origin, visibility_band
