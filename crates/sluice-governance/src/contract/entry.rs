//! Reading typed values out of a document whose shape was checked: nothing can fail here.

use std::fmt;
use std::ops::Deref;

use sluice_model::{Location, Tree, TreePath};

/// Where a part of a contract was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its path in the document, such as `schema[0].properties[2]`.
    pub path: TreePath,
    /// Its place in the file.
    pub location: Option<Location>,
}

/// A value and where it was written. Compares and shows itself as the value.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

/// A node of a checked document.
#[derive(Clone, Debug)]
pub(super) struct Entry<'tree> {
    pub(super) tree: &'tree Tree,
    path: TreePath,
}

impl<'tree> Entry<'tree> {
    pub(super) fn document(tree: &'tree Tree) -> Self {
        Self {
            tree,
            path: TreePath::default(),
        }
    }

    pub(super) fn place(&self) -> Place {
        Place {
            path: self.path.clone(),
            location: self.tree.location.clone(),
        }
    }

    pub(super) fn located<T>(&self, value: T) -> Located<T> {
        Located {
            value,
            place: self.place(),
        }
    }

    /// A field that is there.
    pub(super) fn field(&self, key: &str) -> Option<Self> {
        Some(Self {
            tree: self.tree.get(key)?,
            path: self.path.key(key),
        })
    }

    /// A text that may be absent.
    pub(super) fn text(&self, key: &str) -> Option<Located<String>> {
        let field = self.field(key)?;
        Some(field.located(field.tree.as_str()?.to_owned()))
    }

    /// A text that the shape requires.
    pub(super) fn required(&self, key: &str) -> Located<String> {
        self.text(key).unwrap_or_else(|| self.located(String::new()))
    }

    /// A truth value that may be absent.
    pub(super) fn flag(&self, key: &str) -> Option<Located<bool>> {
        let field = self.field(key)?;
        Some(field.located(field.tree.as_bool()?))
    }

    /// A value of any type that may be absent.
    pub(super) fn any(&self, key: &str) -> Option<Located<Tree>> {
        let field = self.field(key)?;
        Some(field.located(field.tree.clone()))
    }

    /// The items of a list; none when it is absent.
    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&Self) -> T) -> Vec<T> {
        self.field(key).map(|field| field.items(read)).unwrap_or_default()
    }

    /// The items of this list; none when this is no list.
    pub(super) fn items<T>(&self, read: impl Fn(&Self) -> T) -> Vec<T> {
        let items = self.tree.as_sequence().unwrap_or_default().iter().enumerate();
        items
            .map(|(index, tree)| {
                read(&Self {
                    tree,
                    path: self.path.index(index),
                })
            })
            .collect()
    }

    /// A list of texts; none when it is absent.
    pub(super) fn texts(&self, key: &str) -> Vec<Located<String>> {
        self.list(key, |item| {
            item.located(item.tree.as_str().unwrap_or_default().to_owned())
        })
    }
}
