//! The Databricks REST operations and types as data.
