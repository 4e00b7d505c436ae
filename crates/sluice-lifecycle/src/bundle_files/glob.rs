//! Glob patterns of `include` against the disk; the rules of matching are the language's.

use std::fs;
use std::path::Path;

use sluice_bundle::language::glob::{is_pattern, matches as matches_name};

/// Paths below `root` that match, with `/` between segments, sorted. A pattern that cannot be read matches nothing.
pub(crate) fn matches(root: &Path, pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for segment in pattern
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
    {
        let mut next = Vec::new();
        for prefix in &found {
            expand(root, prefix, segment, &mut next);
        }
        found = next;
    }
    found.retain(|path| !path.is_empty());
    found.sort();
    found
}

fn expand(root: &Path, prefix: &str, segment: &str, next: &mut Vec<String>) {
    let joined = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}/{name}")
        }
    };
    if !is_pattern(segment) {
        let path = joined(segment);
        if root.join(&path).exists() {
            next.push(path);
        }
        return;
    }
    let Ok(entries) = fs::read_dir(root.join(prefix)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if let Some(name) = name.to_str().filter(|name| matches_name(segment, name)) {
            next.push(joined(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_in_its_segment() {
        let top = tempfile::tempdir().unwrap();
        for path in ["r/a.yml", "r/b.yml", "r/deep/c.yml", "r/{x}.yml", "s/a.yml"] {
            let file = top.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let check = |pattern: &str| matches(top.path(), pattern);
        assert_eq!(check("r/[ab].yml"), ["r/a.yml", "r/b.yml"]);
        assert_eq!(check("*/a.yml"), ["r/a.yml", "s/a.yml"]);
        assert_eq!(check("r/**.yml"), ["r/a.yml", "r/b.yml", "r/{x}.yml"]);
        assert_eq!(check("./r/*/c.yml"), ["r/deep/c.yml"]);
        assert_eq!(check("r/none*.yml"), Vec::<String>::new());
    }
}
