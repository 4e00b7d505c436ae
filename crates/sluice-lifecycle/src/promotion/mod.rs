//! Promotion: a frozen release is brought to an environment. Start at [`promote::promote`].
//!
//! - [`promote`]: the driver of the promotion machine; [`request`]: what it is asked and answers; [`gates`]: its conditions.
//! - [`way_back`]: a deployment that failed returns to what ran before; [`report`] and
//!   [`policy_findings`]: what is shown.

pub(crate) mod gates;
pub mod policy_findings;
pub mod promote;
pub mod report;
pub mod request;
mod way_back;

pub use policy_findings::{FindingLine, PolicyFindings, policy_findings};
pub use promote::promote;
pub use report::{PromotionReport, promotion_list, promotion_report};
pub use request::{PromoteError, PromoteRequest, Promoted};
