//! When a job starts by itself: Quartz schedules and periodic triggers. Pure.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use serde::Deserialize;
use sluice_model::Timestamp;

use crate::error::ApiError;
use crate::jobs::settings::PauseStatus;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A Quartz expression in a time zone.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Schedule {
    quartz_cron_expression: String,
    timezone_id: String,
    #[serde(default)]
    pub(crate) pause_status: PauseStatus,
}

/// A trigger; of its kinds only the periodic one starts runs here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Trigger {
    #[serde(default)]
    pub(crate) pause_status: PauseStatus,
    #[serde(default)]
    pub(crate) periodic: Option<Periodic>,
}

/// Every so many hours, days or weeks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Periodic {
    interval: i64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Unit {
    Hours,
    Days,
    Weeks,
}

/// What starts runs by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timer<'a> {
    Schedule(&'a Schedule),
    Periodic(&'a Periodic),
}

impl Timer<'_> {
    /// The next start after this moment, both in milliseconds since 1970; none when there is no further one.
    pub(crate) fn next(self, after: i64) -> Option<i64> {
        match self {
            Self::Schedule(schedule) => schedule.next(after),
            Self::Periodic(periodic) => Some(after + periodic.length()),
        }
    }
}

impl Schedule {
    /// Refuses expressions that Quartz does not have, and unknown time zones.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        self.cron()?;
        self.time_zone()?;
        Ok(())
    }

    fn cron(&self) -> Result<Cron, ApiError> {
        let text = self.quartz_cron_expression.trim();
        let wrong = |why: &str| ApiError::invalid(format!("`{text}` is not a Quartz cron expression: {why}"));
        let fields: Vec<_> = text.split_whitespace().collect();
        let (Some(day), Some(weekday)) = (fields.get(3), fields.get(5)) else {
            return Err(wrong(
                "expected seconds, minutes, hours, day of month, month, day of week and perhaps a year",
            ));
        };
        if (*day == "?") == (*weekday == "?") {
            return Err(wrong("exactly one of day of month and day of week is `?`"));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Optional)
            .alternative_weekdays(true)
            .sloppy_ranges(true)
            .build();
        parser.parse(text).map_err(|error| wrong(&error.to_string()))
    }

    fn time_zone(&self) -> Result<TimeZone, ApiError> {
        TimeZone::get(&self.timezone_id).map_err(|_unknown| {
            ApiError::invalid(format!(
                "`{}` is not a time zone: expected a name such as `UTC` or `Europe/Berlin`",
                self.timezone_id
            ))
        })
    }

    fn next(&self, after: i64) -> Option<i64> {
        let (cron, time_zone) = (self.cron().ok()?, self.time_zone().ok()?);
        let after = Timestamp::from_millisecond(after).ok()?.to_zoned(time_zone);
        let next = cron.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp().as_millisecond())
    }
}

impl Trigger {
    /// Refuses an interval that is no time.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        match &self.periodic {
            Some(periodic) if periodic.interval < 1 => Err(ApiError::invalid(format!(
                "`trigger.periodic.interval` is {}: expected 1 or more",
                periodic.interval
            ))),
            _ => Ok(()),
        }
    }
}

impl Periodic {
    fn length(&self) -> i64 {
        let hours = match self.unit {
            Unit::Hours => 1,
            Unit::Days => 24,
            Unit::Weeks => 7 * 24,
        };
        self.interval.saturating_mul(hours * HOUR_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(expression: &str, timezone_id: &str) -> Schedule {
        Schedule {
            quartz_cron_expression: expression.to_owned(),
            timezone_id: timezone_id.to_owned(),
            pause_status: PauseStatus::Unpaused,
        }
    }

    fn next(expression: &str, timezone_id: &str, after: &str) -> String {
        let after: Timestamp = after.parse().unwrap();
        let next = schedule(expression, timezone_id).next(after.as_millisecond()).unwrap();
        Timestamp::from_millisecond(next).unwrap().to_string()
    }

    #[test]
    fn quartz_expressions_are_read_as_quartz_reads_them() {
        let sunday = "2026-03-01T12:00:00Z";
        let cases = [
            ("0 0/15 * * * ?", "2026-03-01T12:15:00Z"),
            ("0 0 6 ? * MON-FRI", "2026-03-02T06:00:00Z"),
            // 1 is Sunday.
            ("0 0 6 ? * 1", "2026-03-08T06:00:00Z"),
            ("0 0 6 ? * 2", "2026-03-02T06:00:00Z"),
            ("30 10 8 L * ?", "2026-03-31T08:10:30Z"),
            ("0 0 0 15W * ?", "2026-03-16T00:00:00Z"),
            ("0 0 9 ? * 6#3", "2026-03-20T09:00:00Z"),
            ("0 0 9 ? * 6L", "2026-03-27T09:00:00Z"),
            ("0 0 0 1 1 ? 2030", "2030-01-01T00:00:00Z"),
        ];
        for (expression, expected) in cases {
            assert_eq!(next(expression, "UTC", sunday), expected, "{expression}");
        }
    }

    #[test]
    fn the_time_zone_decides_also_when_its_clock_changes() {
        let daily = "0 30 6 * * ?";
        assert_eq!(
            next(daily, "Europe/Berlin", "2026-03-28T00:00:00Z"),
            "2026-03-28T05:30:00Z"
        );
        assert_eq!(
            next(daily, "Europe/Berlin", "2026-03-28T12:00:00Z"),
            "2026-03-29T04:30:00Z"
        );
    }

    #[test]
    fn what_is_no_schedule_is_refused_by_name() {
        for (expression, zone, expected) in [
            ("0 0 * * *", "UTC", "`0 0 * * *` is not a Quartz cron expression"),
            ("0 0 6 * * *", "UTC", "exactly one of day of month and day of week"),
            ("0 0 6 ? * ?", "UTC", "exactly one of day of month and day of week"),
            ("0 99 6 * * ?", "UTC", "is not a Quartz cron expression"),
            ("@daily", "UTC", "is not a Quartz cron expression"),
            ("0 0 6 * * ?", "Mars/Olympus", "`Mars/Olympus` is not a time zone"),
        ] {
            let text = schedule(expression, zone).check().unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_periodic_trigger_counts_from_its_last_start() {
        let periodic = Periodic {
            interval: 2,
            unit: Unit::Days,
        };
        assert_eq!(Timer::Periodic(&periodic).next(1000), Some(1000 + 48 * HOUR_MS));
    }
}
