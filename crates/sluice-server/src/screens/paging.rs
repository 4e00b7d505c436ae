//! One page of a list that was sorted and filtered here.

use maud::{Markup, html};

use crate::error::PageError;
use crate::fields::Fields;

/// Rows on one page.
const ROWS: usize = 100;

/// Some rows of a list.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    number: usize,
    last: usize,
}

impl<T> Page<T> {
    /// The page that `page` of a query names, the first when it names none.
    ///
    /// # Errors
    /// When it is no number.
    pub(super) fn of(rows: Vec<T>, query: &Fields) -> Result<Self, PageError> {
        let last = rows.len().div_ceil(ROWS).max(1);
        let number = query.value::<usize>("page")?.unwrap_or(1).clamp(1, last);
        let rows = rows.into_iter().skip((number - 1) * ROWS).take(ROWS).collect();
        Ok(Self { rows, number, last })
    }

    /// Links to the pages beside it.
    pub(super) fn links(&self, to: impl Fn(Option<&str>) -> String) -> Markup {
        let at = |number: usize| to(Some(number.to_string()).filter(|_| number > 1).as_deref());
        html! {
            @if self.last > 1 {
                nav.pages aria-label="Pages" {
                    @if self.number > 1 { a href=(at(self.number - 1)) { "Newer" } }
                    span { "Page " (self.number) " of " (self.last) }
                    @if self.number < self.last { a href=(at(self.number + 1)) { "Older" } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        let page = |query: &str| Page::of((0..250).collect(), &Fields::parse(query.as_bytes())).unwrap();
        assert_eq!((page("").rows[0], page("").rows.len()), (0, 100));
        assert_eq!((page("page=9").rows[0], page("page=9").rows.len()), (200, 50));
        assert!(Page::of(vec![1], &Fields::parse(b"page=x")).is_err());
        let links = page("page=2")
            .links(|page| format!("/x?page={}", page.unwrap_or("1")))
            .into_string();
        assert!(links.contains("/x?page=1") && links.contains("/x?page=3"), "{links}");
    }
}
