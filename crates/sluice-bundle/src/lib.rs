//! Bundle language, resource kinds, difference and plan.
