//! Promotion: a frozen release is brought to an environment. Start at [`promote::promote`].
//!
//! - [`promote`]: the driver of the promotion machine; [`gates`]: its conditions; [`report`]: what is shown.

pub(crate) mod gates;
pub mod promote;
pub mod report;

pub use promote::{PromoteError, PromoteRequest, Promoted, promote};
pub use report::{PromotionReport, promotion_list, promotion_report};
