//! What can go wrong with the terminal's database, and what a person can do about it.

use std::path::{Path, PathBuf};
use tillside_core::engine::DocumentError;
use tillside_core::{
    ChainError, CouponNumber, PersonId, PurseSheetError, PurseTx, SaleId, StoreId, TerminalId,
};

/// Why the store could not do what it was asked. Whatever failed, nothing of it was recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the database.
    #[error("another Tillside runs on this folder and holds {}", file.display())]
    InUse {
        /// The database.
        file: PathBuf,
    },
    /// The disk has no room.
    #[error("the disk with {} is full", file.display())]
    DiskFull {
        /// The database.
        file: PathBuf,
        /// What SQLite or the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is damaged or is no database.
    #[error("the database {} is damaged: {finding}", file.display())]
    Damaged {
        /// The database.
        file: PathBuf,
        /// What was found.
        finding: String,
    },
    /// A sound SQLite database, but of another program.
    #[error("{} is the database of another program", file.display())]
    NotOurs {
        /// The database.
        file: PathBuf,
    },
    /// The database was written by a newer program.
    #[error("the database has layout {found}, and this program knows layouts up to {known}")]
    Newer {
        /// The database's layout.
        found: u32,
        /// The newest layout this program knows.
        known: u32,
    },
    /// The SQLite library is too old.
    #[error("SQLite {found} is too old: {needed} or newer is needed")]
    SqliteTooOld {
        /// The library's version.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
    },
    /// The journal does not hold together.
    #[error("the journal does not hold together at record {seq}")]
    ChainBroken {
        /// The first record that does not fit.
        seq: u64,
        /// Why.
        #[source]
        source: ChainError,
    },
    /// Records are missing from the journal's end.
    #[error("the journal ends at record {found}, but record {expected} was written")]
    Shortened {
        /// The newest record there is.
        found: u64,
        /// A record that was written.
        expected: u64,
    },
    /// An acknowledgement that HQ did not sign as it stands.
    #[error("HQ's acknowledgement of record {seq} was changed")]
    AcknowledgementForged {
        /// Up to which record.
        seq: u64,
    },
    /// A record that HQ acknowledged is not in the journal as HQ has it.
    #[error("record {seq} is not the one that HQ acknowledged, or is missing")]
    AcknowledgedLost {
        /// Which record.
        seq: u64,
    },
    /// The journal's text cannot be read by this program.
    #[error("{what} in the database cannot be read")]
    Unreadable {
        /// What.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The terminal is not enrolled yet.
    #[error("this terminal is not enrolled")]
    NotEnrolled,
    /// The terminal is enrolled already, as another.
    #[error("this folder belongs to terminal {terminal} already")]
    AlreadyEnrolled {
        /// As which.
        terminal: TerminalId,
    },
    /// HQ's answer about a new epoch does not fit this journal.
    #[error("the journal is in epoch {present} and cannot go on in epoch {epoch} from there")]
    WrongEpoch {
        /// The epoch that HQ gave.
        epoch: u32,
        /// The journal's.
        present: u32,
    },
    /// The time zone is not one this program knows.
    #[error("{name:?} is not a time zone")]
    TimeZone {
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: jiff::Error,
    },
    /// A bundle that is older than the one in force (invariant 8).
    #[error("bundle {offered} is older than bundle {adopted}, which is in force")]
    OlderBundle {
        /// The version offered.
        offered: u64,
        /// The version in force.
        adopted: u64,
    },
    /// A bundle with the version in force and another content.
    #[error("bundle {version} is in force with another content")]
    ChangedBundle {
        /// The version.
        version: u64,
    },
    /// A bundle for another store.
    #[error("the bundle is for store {offered}, and this is store {ours}")]
    ForeignBundle {
        /// This store.
        ours: StoreId,
        /// The bundle's.
        offered: StoreId,
    },
    /// A bundle that contradicts itself.
    #[error("the bundle is wrong: {finding}")]
    WrongBundle {
        /// What is wrong.
        finding: String,
    },
    /// A bundle whose rules are wrong.
    #[error("the bundle's rules are wrong")]
    WrongRules(#[source] DocumentError),
    /// A bundle whose part about e-money is wrong.
    #[error("the bundle's part about e-money is wrong")]
    WrongPurses(#[source] PurseSheetError),
    /// The number was burnt already (and that use was not voided).
    #[error("coupon {number} was used already")]
    CouponUsed {
        /// The number.
        number: CouponNumber,
    },
    /// What this till may give of an offer was given to somebody else meanwhile.
    #[error("coupon {number}: this till's share of it has been given out")]
    ShareSpent {
        /// The code.
        number: CouponNumber,
    },
    /// What this till may spend of a member's points was spent, or went back to HQ, meanwhile.
    #[error("the points were spent meanwhile")]
    PointsSpent,
    /// The sale is in the journal already.
    #[error("sale {sale} is recorded already")]
    SaleRecorded {
        /// The sale.
        sale: SaleId,
    },
    /// A void of a sale that is not there, or was voided, or does not match it.
    #[error("sale {sale} cannot be voided: it is not recorded as the void says")]
    NothingToVoid {
        /// The sale.
        sale: SaleId,
    },
    /// Goods that came back before, or of a sale that was voided.
    #[error("goods of sale {sale} cannot come back: they did before, or the sale was voided")]
    NothingToReturn {
        /// The sale.
        sale: SaleId,
    },
    /// The txid was used before, or another movement of its card or its sale is not settled.
    #[error("movement {txid} of a purse cannot begin: it, or one beside it, is there already")]
    PurseBegun {
        /// Which movement.
        txid: PurseTx,
    },
    /// The movement ended before, was never begun, or is not so far as the fact says.
    #[error("movement {txid} of a purse is not as the fact says: it ended, or was never begun")]
    PurseSettled {
        /// Which movement.
        txid: PurseTx,
    },
    /// The movement paid for another sale, or did not pay for this one.
    #[error("movement {txid} of a purse does not pay for this sale")]
    PurseCounted {
        /// Which movement.
        txid: PurseTx,
    },
    /// The key has been answered before; see [`crate::Store::answered`].
    #[error("the request {key:?} was answered before")]
    KeyAnswered {
        /// The key.
        key: String,
    },
    /// A stated limit would be passed (invariant 10).
    #[error("{what} would pass the limit of {limit}")]
    Limit {
        /// What is too much.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// No such person may sign in here.
    #[error("{person} is not on the list of staff")]
    NoSuchPerson {
        /// Who.
        person: PersonId,
    },
    /// A file could not be read or written.
    #[error("{} cannot be used", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Anything else SQLite says.
    #[error("the database {} failed", file.display())]
    Database {
        /// The database.
        file: PathBuf,
        /// What it said.
        #[source]
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether the same call can succeed later without anybody changing the call.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::DiskFull { .. })
    }

    /// What happened and what to do, for a person at the till.
    pub fn advice(&self) -> String {
        match self {
            Self::InUse { .. } => {
                "Tillside is already running here. Use the window that is open, or close it and start again.".to_owned()
            }
            Self::DiskFull { file, .. } => format!(
                "The disk is full, so nothing was recorded. Free some space on the disk with {} and try again.",
                file.display()
            ),
            Self::Damaged { file, .. } => damaged(file),
            Self::ChainBroken { seq, .. } => format!(
                "The journal was changed or damaged at record {seq}. Keep this computer as it is, save what can be read with `tillside journal export`, and call HQ."
            ),
            Self::Shortened { .. } => "Records are missing from the end of the journal, as after an old copy was put back. Keep this computer as it is, save what can be read with `tillside journal export`, and call HQ.".to_owned(),
            Self::AcknowledgementForged { seq } | Self::AcknowledgedLost { seq } => format!(
                "The journal is not what HQ acknowledged up to record {seq}: it was changed, or an old copy was put back. Keep this computer as it is, save what can be read with `tillside journal export`, and call HQ."
            ),
            Self::Unreadable { .. } => "Something in the database cannot be read by this program. Update Tillside; if that does not help, call HQ.".to_owned(),
            Self::NotOurs { file } => format!(
                "The file {} belongs to another program and was left untouched. Choose another folder for Tillside.",
                file.display()
            ),
            Self::Newer { found, known } => format!(
                "This folder was used by a newer Tillside (layout {found}; this one knows up to {known}) and was left untouched. Install the newer version again."
            ),
            Self::SqliteTooOld { .. } => "This Tillside was built wrongly. Install it again from your supplier.".to_owned(),
            Self::NotEnrolled => "This till is not set up yet. Ask HQ for an invitation code and run `tillside enrol`.".to_owned(),
            Self::AlreadyEnrolled { .. } => "This till is set up already. To set it up as another, use a new folder.".to_owned(),
            Self::WrongEpoch { .. } => "HQ has another history of this till, and its answer about it does not fit. Everything is kept here. Call HQ.".to_owned(),
            Self::TimeZone { .. } => "The store's time zone is wrong at HQ. Ask HQ to correct it; Europe/Berlin is an example.".to_owned(),
            Self::OlderBundle { .. } => "HQ sent older prices and rules than those in use. They were refused, and those in use stay. Tell HQ.".to_owned(),
            Self::ChangedBundle { .. } | Self::ForeignBundle { .. } | Self::WrongBundle { .. } | Self::WrongRules(_) | Self::WrongPurses(_) => {
                "HQ sent prices and rules that are wrong. They were refused, and those in use stay. Tell HQ.".to_owned()
            }
            Self::CouponUsed { number } => format!("Coupon {number} has been used. Take it off the sale."),
            Self::ShareSpent { number } => format!("This till has no more of coupon {number} to give. Take it off the sale."),
            Self::PointsSpent => "Not so many of these points can be used here any more. Take them off the sale.".to_owned(),
            Self::SaleRecorded { .. } => "This sale is complete already. Start a new one.".to_owned(),
            Self::NothingToVoid { .. } => "This sale cannot be taken back: it is not there, or it was taken back already.".to_owned(),
            Self::NothingToReturn { .. } => "These goods cannot come back: they did already, or the sale was taken back whole.".to_owned(),
            Self::PurseBegun { .. } => "A card payment is not settled yet. Hold the same card on the reader again.".to_owned(),
            Self::PurseSettled { .. } => "This card payment is settled already. Look at its outcome.".to_owned(),
            Self::PurseCounted { .. } => "The card payment does not belong to this sale. Look at its outcome, and pay again if nothing was taken.".to_owned(),
            Self::KeyAnswered { .. } => "This was asked before. Ask for the answer that was given, or use a new key.".to_owned(),
            Self::Limit { what, limit } => format!("Too much: {what} may be at most {limit}. Nothing was recorded."),
            Self::NoSuchPerson { person } => format!("{person} is not on the list of staff. Ask the store manager."),
            Self::File { file, .. } => format!(
                "The file {} cannot be used. Check that the folder exists and that Tillside may write in it.",
                file.display()
            ),
            Self::Database { .. } => "The database could not finish. Look whether it was recorded before you try again; if this comes back, restart Tillside and call HQ.".to_owned(),
        }
    }

    /// Sorts what SQLite said about `file`.
    pub(crate) fn of(file: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let file = file.to_owned();
        match source.sqlite_error_code() {
            Some(Code::DiskFull) => Self::DiskFull {
                file,
                source: Box::new(source),
            },
            // This process never waits for itself: somebody else has the file.
            Some(Code::DatabaseBusy) => Self::InUse { file },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged {
                file,
                finding: source.to_string(),
            },
            _ => Self::Database { file, source },
        }
    }

    /// Sorts what the system said about `file`.
    pub(crate) fn of_file(file: &Path, source: std::io::Error) -> Self {
        let file = file.to_owned();
        match source.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull {
                file,
                source: Box::new(source),
            },
            _ => Self::File { file, source },
        }
    }
}

fn damaged(file: &Path) -> String {
    format!(
        "The database {} is damaged and was left untouched. Do not delete it: keep a copy, save what can be read with `tillside journal export`, and call HQ. HQ has everything it confirmed.",
        file.display()
    )
}

/// Why something inside one read or one transaction failed: SQLite's own words, which only the
/// outside can complete with the file's name, or an error that is complete.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    Store(Box<StoreError>),
}

impl Fault {
    pub(crate) fn at(self, file: &Path) -> StoreError {
        match self {
            Self::Sqlite(source) => StoreError::of(file, source),
            Self::Store(error) => *error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite(source)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// What happens inside one read or one transaction.
pub(crate) type Within<T> = Result<T, Fault>;

/// Something in the database that its own writer could not have put there.
pub(crate) fn unreadable(
    what: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Fault {
    StoreError::Unreadable {
        what: what.into(),
        source: source.into(),
    }
    .into()
}
