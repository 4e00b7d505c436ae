//! The local workspace: REST server, permissions, SQL and tasks.
