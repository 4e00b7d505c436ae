//! One file per screen: its handler, its view (the template's only input) and its template.

pub(crate) mod approval;
pub(crate) mod deployment;
mod evidence;
pub(crate) mod history;
pub(crate) mod ledger;
pub(crate) mod matrix;
mod paging;
pub(crate) mod promotion;
pub(crate) mod promotions;
pub(crate) mod release;
pub(crate) mod releases;
pub(crate) mod sign_in;
