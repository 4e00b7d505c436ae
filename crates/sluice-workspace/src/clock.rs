//! The workspace's clock and its source of ids.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use uuid::Uuid;

/// The longest sleep, after which the machine's clock is read again: it may have been set, or the machine have slept.
const LOOK: Duration = Duration::from_secs(30);

/// Where a workspace reads the time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until somebody moves it.
    Manual(ManualClock),
}

/// A clock that somebody moves by hand; copies are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<watch::Sender<i64>>);

impl ManualClock {
    /// A clock that shows this moment: milliseconds since 1970, UTC.
    #[must_use]
    pub fn new(moment: i64) -> Self {
        Self(Arc::new(watch::Sender::new(moment)))
    }

    /// Moves it forward.
    pub fn advance(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.0
            .send_modify(|moment| *moment = moment.saturating_add(milliseconds));
    }
}

impl Clock {
    /// Milliseconds since 1970, UTC, as the REST API writes times.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::Manual(clock) => *clock.0.borrow(),
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
        }
    }
}

impl Clock {
    /// Waits until the clock shows this moment or a later one.
    pub async fn reach(&self, moment: i64) {
        match self {
            Self::Manual(clock) => {
                // The sender is part of the clock and lives as long.
                drop(clock.0.subscribe().wait_for(|now| *now >= moment).await);
            }
            Self::System => loop {
                let left = u64::try_from(moment - self.now_ms()).unwrap_or(0);
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left).min(LOOK)).await;
            },
        }
    }
}

/// Where a workspace takes new ids from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

impl Ids {
    /// A positive number below 2^48, exact in every JSON reader: jobs, runs, workspace objects, principals.
    #[must_use]
    pub fn number(self) -> i64 {
        let bits = Uuid::new_v4().as_u64_pair().0 >> 16;
        i64::try_from(bits.max(1)).expect("invariant: 48 bits fit")
    }

    /// A UUID: catalog objects, statements.
    #[must_use]
    pub fn uuid(self) -> String {
        Uuid::new_v4().to_string()
    }

    /// Thirty-two hexadecimal digits: dashboards, Genie spaces.
    #[must_use]
    pub fn hex32(self) -> String {
        Uuid::new_v4().simple().to_string()
    }

    /// Sixteen hexadecimal digits: warehouses.
    #[must_use]
    pub fn hex16(self) -> String {
        format!("{:016x}", Uuid::new_v4().as_u64_pair().1)
    }

    /// A new personal access token: `dapi` and 32 hexadecimal digits from 244 random bits.
    #[must_use]
    pub fn token(self) -> String {
        use sha2::{Digest as _, Sha256};
        let random = Sha256::digest([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat());
        let hex: String = random.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("dapi{hex}")
    }
}
