//! The hermetic environment of the tests.
