-- As received: one table per file of the source.
CREATE TABLE IF NOT EXISTS {bronze}.airlines (
  carrier STRING,
  name STRING
);

CREATE TABLE IF NOT EXISTS {bronze}.airports (
  faa STRING,
  name STRING,
  lat DOUBLE COMMENT 'Latitude in degrees',
  lon DOUBLE COMMENT 'Longitude in degrees',
  alt INT,
  tz INT,
  dst STRING,
  tzone STRING
);

CREATE TABLE IF NOT EXISTS {bronze}.planes (
  tailnum STRING,
  year INT,
  type STRING,
  manufacturer STRING,
  model STRING,
  engines INT,
  seats INT,
  speed INT,
  engine STRING
);

CREATE TABLE IF NOT EXISTS {bronze}.weather (
  origin STRING,
  year INT,
  month INT,
  day INT,
  hour INT,
  temp DOUBLE,
  dewp DOUBLE,
  humid DOUBLE,
  wind_dir INT,
  wind_speed DOUBLE,
  wind_gust DOUBLE,
  precip DOUBLE,
  pressure DOUBLE,
  visib DOUBLE COMMENT 'Visibility in miles',
  time_hour TIMESTAMP
);

CREATE TABLE IF NOT EXISTS {bronze}.flights (
  year INT,
  month INT,
  day INT,
  dep_time INT COMMENT 'Departure, local time as HHMM; null when cancelled',
  sched_dep_time INT,
  dep_delay INT COMMENT 'Departure delay in minutes; negative when early',
  arr_time INT,
  sched_arr_time INT,
  arr_delay INT COMMENT 'Arrival delay in minutes; negative when early',
  carrier STRING,
  flight INT,
  tailnum STRING,
  origin STRING,
  dest STRING,
  air_time INT,
  distance INT,
  hour INT,
  minute INT,
  time_hour TIMESTAMP
) COMMENT 'Flights that left New York City in 2013, as received.';
