//! The one HTTP client of the Databricks REST API.
