//! Generators and repository rules.

fn main() {}
