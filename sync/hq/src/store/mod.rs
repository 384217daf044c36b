//! What HQ keeps, behind one trait: SQLite now, PostgreSQL for a chain later.
//!
//! Each slice says in its own folder what it needs of the database; [`HqStore`] is their sum. Every
//! method is one transaction, so that servers without state can share one database.

pub mod sqlite;

use crate::cases::CaseStore;
use crate::catalogue::CatalogueStore;
use crate::coupons::CouponStore;
use crate::emoney::EmoneyStore;
use crate::fleet::FleetStore;
use crate::ingest::IngestStore;
use crate::leases::LeaseStore;
use crate::members::MemberStore;
use crate::publish::PublishStore;
use crate::replay::ReplayStore;
use crate::reports::ReportStore;

/// Everything HQ needs of a database.
pub trait HqStore:
    IngestStore
    + FleetStore
    + CatalogueStore
    + MemberStore
    + CouponStore
    + PublishStore
    + CaseStore
    + ReportStore
    + EmoneyStore
    + LeaseStore
    + ReplayStore
{
}

impl<S> HqStore for S where
    S: IngestStore
        + FleetStore
        + CatalogueStore
        + MemberStore
        + CouponStore
        + PublishStore
        + CaseStore
        + ReportStore
        + EmoneyStore
        + LeaseStore
        + ReplayStore
{
}

/// Why the database could not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program holds the database for longer than this one waits.
    #[error("the database is busy: try again in a moment")]
    Busy,
    /// No room is left.
    #[error(
        "the disk is full: nothing of this was recorded; free some space on HQ's disk and try again"
    )]
    Full,
    /// The file is damaged or is no database.
    #[error(
        "HQ's database is damaged or is not a database; it was left as it is: restore the newest backup"
    )]
    Corrupt {
        /// What the database said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A newer program has used the database.
    #[error(
        "this database has layout {found}, and this program knows layouts up to {known}: use the newer tillside-hq"
    )]
    Newer {
        /// The database's layout.
        found: i64,
        /// This program's newest.
        known: i64,
    },
    /// The SQLite library is too old to be trusted with this.
    #[error(
        "this program is built with SQLite {found}, and at least {needed} is needed: rebuild it"
    )]
    SqliteTooOld {
        /// What it is built with.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// The file of the shares of quotas that were given.
    #[error("HQ's file of the shares that it gave cannot be used")]
    Shares(
        /// What is wrong with it.
        #[from]
        crate::leases::log::ShareLogError,
    ),
    /// A value in the database cannot be read: another program wrote it.
    #[error("HQ's database holds a value this program cannot read ({what})")]
    Unreadable {
        /// Which kind of value.
        what: &'static str,
    },
    /// Anything else the database says.
    #[error("the database failed")]
    Database {
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Busy | StoreError::Full)
    }
}
