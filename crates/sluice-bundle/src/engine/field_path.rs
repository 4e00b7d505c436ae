//! Paths of fields inside a body, and patterns over them.

use std::fmt;

use serde_json::Value;

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// Into an object.
    Key(String),
    /// Into a list by position.
    Index(usize),
    /// Into a list by the field that identifies its items, and that field's value.
    Select(String, String),
}

/// A path as plans write it: `tasks[task_key='load'].notebook_task.notebook_path`, `tags['a.b']`, `libraries[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FieldPath(pub(crate) Vec<Segment>);

impl FieldPath {
    /// This path and one segment more.
    pub(crate) fn then(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// This path and one key more.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.then(Segment::Key(key.to_owned()))
    }

    /// The first key; empty when the path does not begin with one.
    pub(crate) fn head(&self) -> &str {
        match self.0.first() {
            Some(Segment::Key(key)) => key,
            Some(Segment::Index(_) | Segment::Select(..)) | None => "",
        }
    }

    /// The path that a text in the plan's notation stands for; none when it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix("['") {
                let (key, after) = split_quoted(quoted)?;
                segments.push(Segment::Key(key));
                rest = after;
            } else if let Some(inner) = rest.strip_prefix('[') {
                let end = inner.find([']', '='])?;
                if inner[end..].starts_with('=') {
                    let (value, after) = split_quoted(inner[end + 1..].strip_prefix('\'')?)?;
                    segments.push(Segment::Select(inner[..end].to_owned(), value));
                    rest = after;
                } else {
                    segments.push(Segment::Index(inner[..end].parse().ok()?));
                    rest = &inner[end + 1..];
                }
            } else {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if end == 0 {
                    return None;
                }
                segments.push(Segment::Key(name[..end].to_owned()));
                rest = &name[end..];
            }
        }
        Some(Self(segments))
    }

    /// The value at this path, when the body has it.
    pub(crate) fn find<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(body, |value, segment| match segment {
            Segment::Key(key) => value.get(key),
            Segment::Index(index) => value.get(index),
            Segment::Select(field, wanted) => value
                .as_array()?
                .iter()
                .find(|item| item.get(field).and_then(Value::as_str) == Some(wanted)),
        })
    }

    /// Makes what stands at this path of a body what stands there in another one, or nothing when that has nothing there. An item of a
    /// list has to be in both.
    pub(crate) fn copy(&self, from: &Value, to: &mut Value) {
        let Some((last, way)) = self.0.split_last() else { return };
        let held = self.find(from);
        let mut place = to;
        for segment in way {
            if let (Segment::Key(key), Value::Object(fields), Some(_)) = (segment, &mut *place, held) {
                fields
                    .entry(key.as_str())
                    .or_insert_with(|| Value::Object(serde_json::Map::new()));
            }
            let Some(next) = Self(vec![segment.clone()]).find_mut(place) else {
                return;
            };
            place = next;
        }
        match (last, &mut *place, held) {
            (Segment::Key(key), Value::Object(fields), Some(held)) => drop(fields.insert(key.clone(), held.clone())),
            (Segment::Key(key), Value::Object(fields), None) => drop(fields.shift_remove(key)),
            (last, _, Some(held)) => {
                if let Some(item) = Self(vec![last.clone()]).find_mut(place) {
                    *item = held.clone();
                }
            }
            (_, _, None) => {}
        }
    }

    /// The value at this path, to change it.
    pub(crate) fn find_mut<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(body, |value, segment| match segment {
            Segment::Key(key) => value.get_mut(key),
            Segment::Index(index) => value.get_mut(index),
            Segment::Select(field, wanted) => value
                .as_array_mut()?
                .iter_mut()
                .find(|item| item.get(field).and_then(Value::as_str) == Some(wanted)),
        })
    }
}

/// Splits `text']rest` at the closing quote; a quote inside is doubled.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, rest.strip_prefix(']')?)),
        }
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if !is_plain(key) => write!(formatter, "['{}']", key.replace('\'', "''"))?,
                Segment::Key(key) if position == 0 => formatter.write_str(key)?,
                Segment::Key(key) => write!(formatter, ".{key}")?,
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Select(field, value) => write!(formatter, "[{field}='{}']", value.replace('\'', "''"))?,
            }
        }
        Ok(())
    }
}

/// Whether a pattern matches a path or one of the paths above it. Patterns are written `tasks[*].new_cluster`; `*` stands for any
/// key, `[*]` for any item, a leading `**.` for any way down.
pub(crate) fn covers(pattern: &str, path: &FieldPath) -> bool {
    (1..=path.0.len()).any(|length| matches_exactly(pattern, &path.0[..length]))
}

/// Whether a pattern matches exactly this path.
pub(crate) fn matches(pattern: &str, path: &FieldPath) -> bool {
    matches_exactly(pattern, &path.0)
}

fn matches_exactly(pattern: &str, segments: &[Segment]) -> bool {
    if let Some(tail) = pattern.strip_prefix("**.") {
        return (0..=segments.len()).any(|start| matches_exactly(tail, &segments[start..]));
    }
    let mut rest = pattern;
    for segment in segments {
        let matched = match segment {
            Segment::Index(_) | Segment::Select(..) => rest.strip_prefix("[*]"),
            Segment::Key(key) => {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let end = name.find(['.', '[']).unwrap_or(name.len());
                (end > 0 && (&name[..end] == "*" || &name[..end] == key.as_str())).then(|| &name[end..])
            }
        };
        match matched {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_back_as_written() {
        for text in [
            "name",
            "tasks[task_key='load'].notebook_task.notebook_path",
            "tags['a.b']",
            "libraries[0].whl",
            "[user_name='o''neil@x'].level",
        ] {
            assert_eq!(
                FieldPath::parse(text).map(|path| path.to_string()).as_deref(),
                Some(text)
            );
        }
        assert_eq!(FieldPath::parse("a[b"), None);
        assert_eq!(FieldPath::parse("a..b"), None);
    }

    #[test]
    fn patterns_match_paths_and_cover_what_lies_below() {
        let path = FieldPath::parse("tasks[task_key='a'].new_cluster.aws_attributes.zone_id").unwrap();
        assert!(covers("**.new_cluster.aws_attributes", &path));
        assert!(covers("tasks[*].new_cluster", &path));
        assert!(covers("tasks[*].*.aws_attributes", &path));
        assert!(!matches("**.new_cluster.aws_attributes", &path));
        assert!(!covers("new_cluster.aws_attributes", &path));
        assert!(matches("**.source", &FieldPath::parse("source").unwrap()));
    }
}
