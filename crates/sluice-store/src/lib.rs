//! Events, state, journal and leases in SQL.
