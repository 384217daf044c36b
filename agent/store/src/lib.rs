//! The terminal's database: one SQLite file that holds the journal and what is made from it.
//!
//! A fact is a record of the hash-chained, append-only journal, written in one transaction together
//! with its effect on the projections, its place in the outbox and the answer to whoever asked
//! (`synchronous=FULL`: when [`Store::commit`] returns, it is on the disk). The projections can be
//! dropped and rebuilt from the journal. Beside them stand the adopted bundle, open sales, staff and
//! the state of the line.
//!
//! Deciding is left to `tillside-core`, sending to `tillside-sync`; threads, PINs and screens to the
//! agent. Nothing here reads a clock: moments are passed in.

mod acknowledged;
mod answers;
mod cards;
mod codes;
mod columns;
mod commit;
mod counters;
mod drafts;
mod epoch;
mod error;
mod history;
mod issued;
mod journal;
mod line;
mod load;
mod lock;
mod meta;
mod migrate;
mod open;
mod outbox;
mod people;
mod projection;
mod purses;
mod rebuild;
mod recorded;
mod reference;
mod report;
mod returned;
mod risk;
mod salvage;
mod shares;
mod store;
mod unique;
mod walk;

pub use answers::{ANSWER_AGE_MS, ANSWER_LIMIT, ANSWERS_KEPT, Answered, KEY_LIMIT};
pub use cards::FrozenCard;
pub use codes::MEMBER_CODE_LIMIT;
pub use commit::{EVENT_LIMIT, OpenSale};
pub use drafts::{DRAFT_BYTES, DRAFT_LIMIT, Draft};
pub use error::StoreError;
pub use issued::{DESK_LIMIT, Replaced};
pub use journal::{TAIL_CHECKED, Verified};
pub use line::LineState;
pub use load::Need;
pub use people::{PEOPLE_LIMIT, Person, Role, RoleError};
pub use purses::{OpenTotals, PURSE_ROW_LIMIT, PurseRow, PurseTotals};
pub use rebuild::{DIFFERENCES_TOLD, Rebuilt};
pub use recorded::RecordedSale;
pub use reference::adopt::Adopted;
pub use reference::fill::{COUPON_LIMIT, MEMBER_LIMIT, PRODUCT_LIMIT};
pub use reference::lookup::SEARCH_LIMIT;
pub use report::{DayTotals, RedemptionRow, SaleRow, TenderTotal, VoidRow};
pub use returned::ReturnRow;
pub use salvage::{Salvaged, salvage};
pub use store::Store;
pub use walk::Stretch;

use columns::HashColumn;
use store::Till;
