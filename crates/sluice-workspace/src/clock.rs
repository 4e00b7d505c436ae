//! The workspace's clock and its source of ids.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Where a workspace reads the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A moment that does not move: milliseconds since 1970.
    Fixed(i64),
}

impl Clock {
    /// Milliseconds since 1970, UTC, as the REST API writes times.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::Fixed(moment) => *moment,
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
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
