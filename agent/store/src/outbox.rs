//! What HQ has not confirmed yet, and how far it has come.

use crate::columns::RecordId;
use crate::error::StoreError;
use crate::history::holds;
use crate::journal::sealed;
use crate::{Store, acknowledged, meta};
use tillside_core::{Head, Sealed, SignedHead};

impl Store {
    /// Records of the present epoch that HQ has not confirmed, oldest first, at most `limit`.
    pub fn outbox(&self, limit: usize) -> Result<Vec<Sealed>, StoreError> {
        let Some(head) = self.head() else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT j.id, j.hash, j.body FROM outbox AS o JOIN journal AS j ON j.id = o.id
                 WHERE o.id >= ?1 ORDER BY o.id LIMIT ?2",
            )?;
            let rows = statement.query_map((RecordId::new(head.epoch, 0), limit), sealed)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many records HQ has not confirmed.
    pub fn unconfirmed(&self) -> Result<u64, StoreError> {
        self.read(|conn| {
            let count: i64 = conn
                .prepare_cached("SELECT count(*) FROM outbox")?
                .query_row([], |row| row.get(0))?;
            Ok(count as u64)
        })
    }

    /// HQ has these records: they leave the outbox. `hq_head` is where HQ says this terminal's
    /// journal stands. Confirming again changes nothing. Returns how many left.
    pub fn confirm(
        &mut self,
        epoch: u32,
        seqs: &[u64],
        hq_head: Option<&Head>,
    ) -> Result<u64, StoreError> {
        self.confirm_signed(epoch, seqs, hq_head, None)
    }

    /// As [`Store::confirm`], and keeps HQ's signature under its copy in the same transaction.
    pub fn confirm_signed(
        &mut self,
        epoch: u32,
        seqs: &[u64],
        hq_head: Option<&Head>,
        signed: Option<&SignedHead>,
    ) -> Result<u64, StoreError> {
        let terminal = self.profile().map(|profile| profile.terminal);
        self.write(|tx| {
            let mut delete = tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
            let mut left = 0;
            for &seq in seqs {
                left += delete.execute([RecordId::new(epoch, seq)])? as u64;
            }
            // Another history's end says nothing about this one.
            if let Some(head) = hq_head
                && holds(tx, head)?
            {
                meta::write(tx, meta::HQ_HEAD, head)?;
            }
            if let (Some(terminal), Some(signed)) = (terminal, signed) {
                acknowledged::keep(tx, terminal, signed)?;
            }
            Ok(left)
        })
    }

    /// Where HQ last said this terminal's journal stands; none before it said anything.
    pub fn hq_head(&self) -> Result<Option<Head>, StoreError> {
        self.read(|conn| meta::read(conn, meta::HQ_HEAD))
    }

    /// Whether this journal has exactly that record: false means that HQ has another history under
    /// this terminal's name, or that records are missing here.
    pub fn holds(&self, head: &Head) -> Result<bool, StoreError> {
        let till = self.enrolled()?;
        if head.seq == 0 {
            return Ok(*head == Head::genesis(till.profile.terminal, head.epoch));
        }
        self.read(|conn| holds(conn, head))
    }
}
