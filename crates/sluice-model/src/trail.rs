//! The way down to a value while a document is walked.

use crate::tree::{Step, TreePath};

/// A path that costs nothing as long as nobody wants to see it: each step knows the one above it, on the stack of the walk.
#[derive(Clone, Copy, Debug)]
pub enum Trail<'above> {
    /// Where the walk began.
    From(&'above TreePath),
    /// A key of a mapping.
    Key(&'above Trail<'above>, &'above str),
    /// A position in a list.
    Index(&'above Trail<'above>, usize),
}

impl<'above> Trail<'above> {
    /// One key further down.
    #[must_use]
    pub fn key(&'above self, key: &'above str) -> Self {
        Self::Key(self, key)
    }

    /// One index further down.
    #[must_use]
    pub fn index(&'above self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The whole way, to be told and kept.
    #[must_use]
    pub fn path(&self) -> TreePath {
        let mut steps = Vec::new();
        let mut here = self;
        let start = loop {
            match here {
                Self::From(path) => break path,
                Self::Key(above, key) => {
                    steps.push(Step::Key((*key).to_owned()));
                    here = above;
                }
                Self::Index(above, index) => {
                    steps.push(Step::Index(*index));
                    here = above;
                }
            }
        };
        let mut path = TreePath::clone(start);
        path.0.extend(steps.into_iter().rev());
        path
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;
    use crate::tree::TreePath;

    #[test]
    fn a_trail_is_the_path_that_was_walked() {
        let start = TreePath::keys(["resources"]);
        let trail = Trail::From(&start);
        let (jobs, load) = (trail.key("jobs"), "load".to_owned());
        let load = jobs.key(&load);
        let tasks = load.key("tasks");
        assert_eq!(tasks.index(2).path().to_string(), "resources.jobs.load.tasks[2]");
        assert_eq!(trail.path(), start);
    }
}
