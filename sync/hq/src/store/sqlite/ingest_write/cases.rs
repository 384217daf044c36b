//! Cases: what a person has to look at, beside a record or in its place.

use super::{SideCase, Writing};
use crate::ingest::Fault;
use crate::ingest::chain::Fork;
use crate::store::StoreError;
use crate::store::sqlite::codec::{count, failed, signed};
use rusqlite::{OptionalExtension, params};
use tillside_core::Sealed;
use tillside_protocol::Outcome;

impl Writing<'_> {
    /// Records came in an epoch although the terminal was given a later one.
    pub(in crate::store::sqlite) fn old_epoch_goes_on(
        &self,
        first: &Sealed,
        newest: u32,
    ) -> Result<(), StoreError> {
        let (terminal, epoch) = (self.terminal.terminal, self.epoch);
        self.side_case(
            first,
            &SideCase {
                kind: "two_terminals",
                words: format!(
                    "till {terminal} goes on in epoch {epoch} and in epoch {newest}: two PCs run under its name, or its old disk came back"
                ),
                evidence: serde_json::json!({ "epoch": epoch, "newest": newest }),
                about: None,
            },
        )
    }

    /// A till holds a share that HQ has forgotten.
    pub(super) fn share_recovered(&self, sealed: &Sealed) -> Result<(), StoreError> {
        let terminal = self.terminal.terminal;
        self.side_case(
            sealed,
            &SideCase {
                kind: "share_recovered",
                words: format!(
                    "till {terminal} took shares of quotas that HQ does not know: HQ was put back from a backup since. They count again; look whether the campaign is overshot"
                ),
                evidence: serde_json::json!({}),
                about: None,
            },
        )
    }

    /// A later epoch begins. If HQ did not give it, HQ itself was put back since, and nobody was asked.
    pub(in crate::store::sqlite) fn epoch_begins(&self, first: &Sealed) -> Result<(), StoreError> {
        let given = self
            .transaction
            .prepare_cached("SELECT 1 FROM epoch WHERE terminal = ?1 AND epoch = ?2")
            .map_err(failed)?
            .exists(params![self.terminal.id, self.epoch])
            .map_err(failed)?;
        if given {
            return Ok(());
        }
        let (terminal, epoch) = (self.terminal.terminal, self.epoch);
        self.side_case(
            first,
            &SideCase {
                kind: "two_histories",
                words: format!(
                    "till {terminal} goes on in epoch {epoch} after its disk was restored or copied; HQ was put back from a backup since and has forgotten it"
                ),
                evidence: serde_json::json!({ "epoch": epoch }),
                about: None,
            },
        )
    }

    /// A case beside a record that was booked; one of the same words that is open is enough.
    pub(super) fn side_case(&self, sealed: &Sealed, side: &SideCase) -> Result<(), StoreError> {
        let open: Option<i64> = self
            .transaction
            .prepare_cached(
                "SELECT id FROM cases WHERE kind = ?1 AND words = ?2 AND closed_at IS NULL",
            )
            .map_err(failed)?
            .query_row([side.kind, &side.words], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        let case = match open {
            Some(case) => count(case),
            None => self.open_case(side.kind, sealed, &side.words, &side.evidence)?,
        };
        if let Some(txid) = side.about {
            self.transaction
                .prepare_cached("UPDATE purse_movement SET case_id = ?2 WHERE txid = ?1")
                .map_err(failed)?
                .execute(params![txid.bytes(), signed(case)])
                .map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn quarantine(&self, sealed: &Sealed, fault: &Fault) -> Result<u64, StoreError> {
        let case = self.open_case(fault.kind(), sealed, &fault.to_string(), &fault.evidence())?;
        self.record(sealed, Some(case))?;
        Ok(case)
    }

    pub(super) fn fork(&mut self, sealed: &Sealed, fork: Fork) -> Result<Outcome, StoreError> {
        let field = fork.field.to_owned();
        let at = (sealed.seq, sealed.hash);
        let known = fork.kept.or_else(|| self.fork_cases.get(&at).copied());
        if let Some(case) = known {
            return Ok(Outcome::Conflict { field, case });
        }
        let joined = fork.after.and_then(|before| self.fork_cases.get(&before));
        let case = match joined {
            Some(case) => *case,
            None => self.open_case(
                "two_histories",
                sealed,
                "the terminal sent another history than HQ has: its disk was copied or restored",
                &serde_json::json!({ "field": field, "sent_hash": sealed.hash }),
            )?,
        };
        self.transaction
            .prepare_cached(
                "INSERT INTO fork_record (terminal, epoch, seq, hash, body, received_at, case_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(failed)?
            .execute(params![
                self.terminal.id,
                self.epoch,
                signed(sealed.seq),
                sealed.hash.bytes(),
                sealed.body,
                self.now.0,
                signed(case)
            ])
            .map_err(failed)?;
        self.fork_cases.insert(at, case);
        Ok(Outcome::Conflict { field, case })
    }

    fn open_case(
        &self,
        kind: &str,
        sealed: &Sealed,
        words: &str,
        evidence: &serde_json::Value,
    ) -> Result<u64, StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO cases (kind, terminal, epoch, seq, opened_at, words, evidence)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(failed)?
            .execute(params![
                kind,
                self.terminal.id,
                self.epoch,
                signed(sealed.seq),
                self.now.0,
                words,
                evidence.to_string()
            ])
            .map_err(failed)?;
        Ok(count(self.transaction.last_insert_rowid()))
    }
}
