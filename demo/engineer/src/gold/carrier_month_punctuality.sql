-- Punctuality of each carrier in each month. A flight is on time when it arrives at most 15 minutes late; flights without a known
-- arrival delay count as scheduled and not as late or on time.
INSERT OVERWRITE IDENTIFIER(:gold || '.carrier_month_punctuality')
SELECT
  carrier,
  max(carrier_name) AS carrier_name,
  year,
  month,
  count(*) AS flights,
  count(*) - count(dep_time) AS cancelled,
  avg(CASE WHEN arr_delay <= 15 THEN 1.0D WHEN arr_delay > 15 THEN 0.0D END) AS on_time_share,
  avg(arr_delay) AS mean_arrival_delay
FROM IDENTIFIER(:silver || '.flights_enriched')
GROUP BY carrier, year, month
