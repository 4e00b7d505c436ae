//! There is one HTTP client: `reqwest` is named in `sluice-databricks` alone, so that authentication and retries cannot differ.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

const HOME: &str = "crates/sluice-databricks/";

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (file, _) in checkout
        .rust()
        .filter(|(file, _)| !file.path.starts_with(HOME) && !file.path.starts_with("xtask/"))
    {
        for (number, line) in file
            .lines()
            .filter(|(number, line)| line.contains("reqwest::") && !file.is_test(*number))
        {
            let _ = line;
            violations.push(Violation::new(
                &file.path,
                number,
                "a second HTTP client: use `sluice-databricks`",
            ));
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    #[test]
    fn reqwest_is_at_home_in_one_crate() {
        let count = |path| {
            check(&SourceFile::sample(path, "use reqwest::Client;"))
                .expect("checks")
                .len()
        };
        assert_eq!(count("crates/sluice/src/a.rs"), 1);
        assert_eq!(count("crates/sluice-databricks/src/a.rs"), 0);
    }
}
