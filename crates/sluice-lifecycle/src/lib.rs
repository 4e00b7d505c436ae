//! Releases, promotion, deployment and the use cases on them.
