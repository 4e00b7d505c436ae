//! Types that cross two crates or more.
