//! Journals and what bundles held, for replaying.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed, signed};
use crate::replay::{ReplayRecord, ReplayStore, ReplayTerminal, Told};
use crate::store::StoreError;
use async_trait::async_trait;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::BTreeMap;
use tillside_core::engine::Document;
use tillside_core::{Event, Head, MemberId, Record, StoreId, TerminalId, TierId};

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn replay_terminals(
        &self,
        store: Option<StoreId>,
    ) -> Result<Vec<ReplayTerminal>, StoreError> {
        self.read(move |transaction| terminals(transaction, store.as_ref()))
            .await
    }

    async fn replay_page(
        &self,
        terminal: TerminalId,
        after: (u32, u64),
        limit: usize,
    ) -> Result<Vec<ReplayRecord>, StoreError> {
        self.read(move |transaction| {
            let mut list = transaction
                .prepare_cached(
                    "SELECT epoch, seq, body FROM record
                     WHERE terminal = (SELECT id FROM terminal WHERE terminal = ?1)
                       AND (epoch, seq) > (?2, ?3)
                     ORDER BY epoch, seq LIMIT ?4",
                )
                .map_err(failed)?;
            let rows = list
                .query_map(
                    (terminal.bytes(), after.0, signed(after.1), limit as i64),
                    |row| <(u32, i64, String)>::try_from(row),
                )
                .map_err(failed)?;
            let record = |(epoch, seq, body)| ReplayRecord {
                epoch,
                seq: count(seq),
                body,
            };
            rows.map(|row| row.map(record).map_err(failed)).collect()
        })
        .await
    }

    async fn replay_forks(&self, terminal: TerminalId) -> Result<Vec<(u32, Head)>, StoreError> {
        self.read(move |transaction| forks(transaction, terminal))
            .await
    }

    async fn rules_of_bundle(&self, version: u64) -> Result<Option<Document>, StoreError> {
        self.read(move |transaction| {
            let body: Option<String> = transaction
                .query_row(
                    "SELECT d.body FROM bundle AS b JOIN rule_document AS d ON d.id = b.document
                     WHERE b.version = ?1",
                    [signed(version)],
                    |row| row.get(0),
                )
                .optional()
                .map_err(failed)?;
            let read = |body: String| {
                Document::read(body.as_bytes()).map_err(|_| StoreError::Unreadable {
                    what: "rule document",
                })
            };
            body.map(read).transpose()
        })
        .await
    }

    async fn told_tier(
        &self,
        store: StoreId,
        member: MemberId,
        version: u64,
    ) -> Result<Option<TierId>, StoreError> {
        self.read(move |transaction| {
            let tier: Option<Option<String>> = transaction
                .prepare_cached(
                    "SELECT tier FROM told_tier WHERE store = ?1 AND member = ?2 AND since <= ?3
                     ORDER BY since DESC LIMIT 1",
                )
                .map_err(failed)?
                .query_row((store.as_str(), member.bytes(), signed(version)), |row| {
                    row.get(0)
                })
                .optional()
                .map_err(failed)?;
            tier.flatten().map(|tier| code("tier", tier)).transpose()
        })
        .await
    }
}

fn forks(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
) -> Result<Vec<(u32, Head)>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT r.body FROM journal_head AS h JOIN record AS r
             ON r.terminal = h.terminal AND r.epoch = h.epoch AND r.seq = 1
             WHERE h.terminal = (SELECT id FROM terminal WHERE terminal = ?1) ORDER BY r.epoch",
        )
        .map_err(failed)?;
    let mut rows = list.query([terminal.bytes()]).map_err(failed)?;
    let mut forks = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let body: String = row.get(0).map_err(failed)?;
        let record: Option<Record> = serde_json::from_str(&body).ok();
        if let Some((epoch, Event::EpochBegan { from, .. })) = record.map(|r| (r.epoch, r.event)) {
            forks.push((epoch, from));
        }
    }
    Ok(forks)
}

fn terminals(
    transaction: &Transaction<'_>,
    store: Option<&StoreId>,
) -> Result<Vec<ReplayTerminal>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT t.terminal, t.store, t.lane, s.time_zone
             FROM terminal AS t JOIN store AS s ON s.store = t.store
             WHERE ?1 IS NULL OR t.store = ?1 ORDER BY t.store, t.id",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([store.map(StoreId::as_str)], |row| {
            <([u8; 16], String, String, String)>::try_from(row)
        })
        .map_err(failed)?;
    let mut terminals = Vec::new();
    for row in rows {
        let (terminal, store, lane, zone) = row.map_err(failed)?;
        terminals.push(ReplayTerminal {
            terminal: TerminalId::read(terminal),
            store: code("store", store)?,
            lane: code("lane", lane)?,
            zone: TimeZone::get(&zone).map_err(|_| StoreError::Unreadable { what: "time zone" })?,
        });
    }
    Ok(terminals)
}

/// Notes what a bundle told the stores: the tiers that changed.
pub(super) fn note(
    transaction: &Transaction<'_>,
    version: u64,
    told: &Told,
) -> Result<(), StoreError> {
    let mut known = newest(transaction)?;
    let mut insert = transaction
        .prepare("INSERT INTO told_tier (store, member, since, tier) VALUES (?1, ?2, ?3, ?4)")
        .map_err(failed)?;
    let mut add = |store: &str, member: [u8; 16], tier: Option<&str>| {
        insert
            .execute((store, member, signed(version), tier))
            .map_err(failed)
    };
    for (store, member, tier) in &told.tiers {
        let key = (store.as_str().to_owned(), member.bytes());
        if known.remove(&key).as_deref() != Some(tier.as_str()) {
            add(store.as_str(), member.bytes(), Some(tier.as_str()))?;
        }
    }
    for (store, member) in known.into_keys() {
        add(&store, member, None)?;
    }
    Ok(())
}

type Known = BTreeMap<(String, [u8; 16]), String>;

/// The tiers of whoever is told of now.
fn newest(transaction: &Transaction<'_>) -> Result<Known, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT store, member, tier FROM told_tier AS t
             WHERE tier IS NOT NULL AND since = (SELECT max(since) FROM told_tier AS n
                 WHERE n.store = t.store AND n.member = t.member)",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([], |row| {
            Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?))
        })
        .map_err(failed)?;
    rows.map(|row| row.map_err(failed)).collect()
}
