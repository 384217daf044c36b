//! Cases: what HQ could not accept as it came, kept with its evidence until a person decides.

use crate::store::StoreError;
use async_trait::async_trait;
use serde::Serialize;
use tillside_core::{StoreId, TerminalId, Timestamp};

/// The longest note of a person who closes a case, in characters.
pub const NOTE_LIMIT: usize = 2_000;

/// Keeps cases. They are opened by `ingest`.
#[async_trait]
pub trait CaseStore: Send + Sync {
    /// Cases, oldest first; those that are closed too, if wanted.
    async fn cases(&self, closed_too: bool) -> Result<Vec<Case>, StoreError>;

    /// One case with the records it holds.
    async fn case(&self, case: u64) -> Result<Option<CaseFile>, StoreError>;

    /// Closes a case with a person's note. Not found: there is none, or it was closed before.
    async fn close_case(&self, case: u64, note: String, now: Timestamp) -> Result<(), StoreError>;
}

/// One case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Case {
    /// Its number.
    pub case: u64,
    /// The kind, for programs: see `ingest::Fault::kind`; `two_histories` for a fork.
    pub kind: String,
    /// Whose record.
    pub terminal: TerminalId,
    /// Its store.
    pub store: StoreId,
    /// The record's epoch.
    pub epoch: u32,
    /// The record's position.
    pub seq: u64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What is wrong, in words.
    pub words: String,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// What the person who closed it wrote.
    pub note: Option<String>,
}

/// A case with everything HQ has on it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CaseFile {
    /// The case.
    #[serde(flatten)]
    pub case: Case,
    /// What HQ held against the record.
    pub evidence: serde_json::Value,
    /// The records it keeps, byte for byte as they came.
    pub records: Vec<String>,
    /// For two histories: HQ's own record at the first position where they part.
    pub hq_record: Option<String>,
}
