//! What a rule reads: every path that begins with `input` must be one that inputs have, and no function may reach outside.
//!
//! A misspelled path is undefined in Rego, and what is undefined is silently not found. This is where that shows.

use sluice_governance::document::suggestion;
use sluice_model::{Diagnostic, Location};

use crate::schema::{Shape, Step};

/// Functions of Rego that read a clock, chance, the network or the process, with what to use instead.
const OUTSIDE: [(&str, &str); 7] = [
    ("time.now_ns", "the moment is `input.now`"),
    ("http.send", "evidence comes in as `input.live`"),
    ("opa.runtime", "evidence comes in as `input`"),
    ("rand.intn", "a rule answers the same for the same input"),
    ("uuid.rfc4122", "a rule answers the same for the same input"),
    ("net.lookup_ip_addr", "evidence comes in as `input.live`"),
    ("trace", "a rule has no output but its findings"),
];

/// Everything that a module reads and should not.
pub(crate) fn check(path: &str, text: &str) -> Vec<Diagnostic> {
    let mut scanner = Scanner {
        path,
        text: text.chars().collect(),
        faults: Vec::new(),
    };
    scanner.scan(0, scanner.text.len());
    scanner.faults
}

struct Scanner<'a> {
    path: &'a str,
    text: Vec<char>,
    faults: Vec<Diagnostic>,
}

impl Scanner<'_> {
    /// Looks at the code between two positions, outside comments and strings.
    fn scan(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            at = match self.text[at] {
                '#' => self.line_end(at),
                '"' | '`' => self.string_end(at),
                one if is_word(one) => self.name(at, to),
                _ => at + 1,
            };
        }
    }

    /// A dotted name; `input` is followed along its path.
    fn name(&mut self, at: usize, to: usize) -> usize {
        let word_end = self.word_end(at);
        let word: String = self.text[at..word_end].iter().collect();
        let after_dot = at > 0 && self.text[at - 1] == '.';
        if word == "input" && !after_dot {
            return self.input(at, word_end, to);
        }
        let mut end = word_end;
        while self.text.get(end) == Some(&'.') && self.text.get(end + 1).copied().is_some_and(is_word) {
            end = self.word_end(end + 1);
        }
        let name: String = self.text[at..end].iter().collect();
        let called = self.text.get(end) == Some(&'(');
        if let Some((_, help)) = OUTSIDE.iter().find(|(outside, _)| called && *outside == name) {
            let fault = Diagnostic::error(format!("a policy cannot call `{name}`")).help(*help);
            self.faults.push(fault.location(self.location(at)));
        }
        // Only the first word is passed over, so that `x.input` is not taken for the input.
        word_end
    }

    fn input(&mut self, start: usize, word_end: usize, to: usize) -> usize {
        let mut shape = Some(Shape::input());
        let mut shown = "input".to_owned();
        let mut at = word_end;
        while at < to {
            let (step, end) = match (self.text[at], self.text.get(at + 1).copied()) {
                ('.', Some(next)) if is_word(next) => {
                    let end = self.word_end(at + 1);
                    (Step::Key(self.text[at + 1..end].iter().collect()), end)
                }
                ('[', Some('"')) => {
                    let close = self.string_end(at + 1);
                    if self.text.get(close) != Some(&']') {
                        break;
                    }
                    (
                        Step::Key(self.text[at + 2..close.saturating_sub(1)].iter().collect()),
                        close + 1,
                    )
                }
                ('[', _) => {
                    let close = self.bracket_end(at);
                    self.scan(at + 1, close.saturating_sub(1));
                    (Step::Any, close)
                }
                _ => break,
            };
            if let Some(known) = shape {
                match known.step(&step) {
                    Ok(next) => shape = next,
                    Err(keys) => {
                        let Step::Key(key) = &step else { break };
                        let mut fault =
                            Diagnostic::error(format!("no input has `{shown}.{key}`")).location(self.location(start));
                        fault.help = suggestion(key, keys.iter().map(String::as_str));
                        self.faults.push(fault);
                        shape = None;
                    }
                }
            }
            match &step {
                Step::Key(key) => shown = format!("{shown}.{key}"),
                Step::Any => shown.push_str("[_]"),
            }
            at = end;
        }
        at
    }

    fn word_end(&self, at: usize) -> usize {
        self.text[at..]
            .iter()
            .position(|one| !is_word(*one))
            .map_or(self.text.len(), |length| at + length)
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .iter()
            .position(|one| *one == '\n')
            .map_or(self.text.len(), |length| at + length)
    }

    /// The position behind the string that begins here.
    fn string_end(&self, at: usize) -> usize {
        let quote = self.text[at];
        let mut end = at + 1;
        while end < self.text.len() && self.text[end] != quote {
            end += if quote == '"' && self.text[end] == '\\' { 2 } else { 1 };
        }
        (end + 1).min(self.text.len())
    }

    /// The position behind the bracket that closes this one.
    fn bracket_end(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        let mut end = at;
        while end < self.text.len() {
            end = match self.text[end] {
                '"' | '`' => self.string_end(end),
                '[' => {
                    depth += 1;
                    end + 1
                }
                ']' => {
                    depth -= 1;
                    end + 1
                }
                _ => end + 1,
            };
            if depth == 0 {
                return end;
            }
        }
        end
    }

    fn location(&self, at: usize) -> Location {
        let before = &self.text[..at];
        let line = before.iter().filter(|one| **one == '\n').count();
        let column = before.iter().rev().take_while(|one| **one != '\n').count();
        Location {
            file: self.path.into(),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }
}

fn is_word(one: char) -> bool {
    one.is_ascii_alphanumeric() || one == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        check("own.rego", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_misspelled_path_is_named_with_what_would_be_right() {
        let text = "package own\n# input.nonsense\nx := \"input.nonsense\"\ny if input.product.ownr == \"a\"\n";
        assert_eq!(
            faults(text),
            ["error: no input has `input.product.ownr`\n  in own.rego:4:6\n  help: did you mean `owner`?"]
        );
    }

    #[test]
    fn paths_through_maps_and_lists_are_followed() {
        let text = "package own\n\
                    a if input.contracts[file].objects[name].descripton\n\
                    b if input.assets.tables[input.prodct.name].comment\n\
                    c if input[\"product\"][\"nmae\"]\n\
                    d if input.assets.jobs[_].definition.anything.goes[0]\n\
                    e if other.input.whatever\n";
        assert_eq!(
            faults(text)
                .iter()
                .filter_map(|fault| fault.lines().next().map(str::to_owned))
                .collect::<Vec<_>>(),
            [
                "error: no input has `input.contracts[_].objects[_].descripton`",
                "error: no input has `input.prodct`",
                "error: no input has `input.product.nmae`",
            ]
        );
    }

    #[test]
    fn functions_that_reach_outside_are_refused() {
        assert_eq!(
            faults("package own\nx := time.now_ns()\n"),
            ["error: a policy cannot call `time.now_ns`\n  in own.rego:2:6\n  help: the moment is `input.now`"]
        );
    }
}
