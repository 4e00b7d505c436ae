//! Matching of one path by a pattern with the rules of Go's `filepath.Match`, which `include` follows: `*` and `?` stop at `/`,
//! `[a-c]` and `[^a]` are classes, `\` escapes; there is no `**` and no `{a,b}`.

/// Whether a text asks for matching at all; otherwise it names one file.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Whether every class is closed and every `\\` escapes something.
#[must_use]
pub fn is_well_formed(pattern: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    while at < pattern.len() {
        at += match pattern[at..] {
            ['\\'] => return false,
            ['\\', ..] => 2,
            ['[', ref rest @ ..] => match class(rest, 'x') {
                Some((length, _)) => length + 1,
                None => return false,
            },
            _ => 1,
        };
    }
    true
}

/// Whether the whole path matches; a malformed pattern matches nothing.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    matches_from(&pattern, &path)
}

fn matches_from(pattern: &[char], path: &[char]) -> bool {
    let (mut at, mut on) = (0, 0);
    // Where to go on when what follows the last `*` does not match: after it, one character further.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(at) {
            None if on == path.len() => return true,
            Some('*') => {
                retry = Some((at + 1, on));
                at += 1;
                continue;
            }
            Some(_) => path.get(on).and_then(|next| one(&pattern[at..], *next)),
            None => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                at += length;
                on += 1;
            }
            (None, Some((after, from))) if from < path.len() && path[from] != '/' => {
                at = after;
                on = from + 1;
                retry = Some((after, on));
            }
            (None, _) => return false,
        }
    }
}

/// The length of the pattern's first element when it matches this character.
fn one(pattern: &[char], next: char) -> Option<usize> {
    match pattern {
        ['?', ..] => (next != '/').then_some(1),
        ['\\', escaped, ..] => (*escaped == next).then_some(2),
        ['\\'] => None,
        ['[', rest @ ..] => class(rest, next).and_then(|(length, found)| found.then_some(length + 1)),
        [literal, ..] => (*literal == next).then_some(1),
        [] => None,
    }
}

/// The length of a class after its `[`, and whether it matches this character; nothing when the class is not closed.
fn class(pattern: &[char], next: char) -> Option<(usize, bool)> {
    let negated = pattern.first() == Some(&'^');
    let mut at = usize::from(negated);
    let mut found = false;
    let mut ranges = 0;
    let bound = |at: &mut usize| {
        if pattern.get(*at) == Some(&'\\') {
            *at += 1;
        }
        let character = pattern.get(*at).copied();
        *at += 1;
        character
    };
    while ranges == 0 || pattern.get(at) != Some(&']') {
        let low = bound(&mut at)?;
        let high = if pattern.get(at) == Some(&'-') {
            at += 1;
            bound(&mut at)?
        } else {
            low
        };
        found |= (low..=high).contains(&next);
        ranges += 1;
    }
    Some((at + 1, found != negated && next != '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, path, expected) in [
            ("resources/*.yml", "resources/a.yml", true),
            ("resources/*.yml", "resources/sub/a.yml", false),
            ("*/*.yml", "resources/a.yml", true),
            ("**/*.yml", "a/b/c.yml", false),
            ("**/*.yml", "a/c.yml", true),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a-c]x", "zx", true),
            ("[]a]x", "]x", true),
            ("[a", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*.job.yml", "load.job.yml", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("*", "", true),
            ("{a,b}", "a", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_that_do_not_end_are_malformed() {
        for (pattern, expected) in [
            ("resources/*.yml", true),
            ("[a-c]x", true),
            ("[]a]x", true),
            ("a\\*", true),
            ("[a", false),
            ("x/[a*.yml", false),
            ("[a-", false),
            ("[\\", false),
            ("a\\", false),
        ] {
            assert_eq!(is_well_formed(pattern), expected, "{pattern}");
        }
    }
}
