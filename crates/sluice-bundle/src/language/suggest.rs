//! "Did you mean": the known name that is nearest to a mistyped one.

/// The nearest of the known names, when it is near enough to be what was meant.
pub(crate) fn nearest<'names>(text: &str, known: impl IntoIterator<Item = &'names str>) -> Option<&'names str> {
    let lower = text.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).clamp(1, 3))
        .min_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cmp(right.1)))
        .map(|(_, name)| name)
}

/// `did you mean …?` for the nearest known name, else the known names when they are few.
pub(crate) fn hint<'names>(text: &str, known: impl IntoIterator<Item = &'names str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(text, known.iter().copied()) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() || known.len() > 12 => None,
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested() {
        let known = ["tasks", "task_key", "name", "x"];
        assert_eq!(nearest("task", known), Some("tasks"));
        assert_eq!(nearest("taks", known), Some("tasks"));
        assert_eq!(nearest("Name", known), Some("name"));
        assert_eq!(nearest("schedule", known), None);
        assert_eq!(hint("schedule", ["a", "b"]).as_deref(), Some("known here: `a`, `b`"));
        assert_eq!(hint("schedule", []), None);
    }
}
