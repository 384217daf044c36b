//! Past sales decided again: a proof that the stores decided by the rules they had, and what other rules
//! would have given.
//!
//! Each terminal's journal is walked in its order, because caps count from sale to sale. Coupons stay
//! as they were. Only reads; what the database keeps for it is noted when a bundle is published.

mod report;
mod store;
mod walk;

pub use report::{Difference, MemberChange, ReplayReport, StoreSums, Sums};
pub use store::{ReplayRecord, ReplayStore, ReplayTerminal, Told};
pub use walk::{Asked, ReplayError, replay};
