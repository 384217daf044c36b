//! Terminals, invites and certificates in SQLite.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed};
use super::fleet_admit::{admit, invite, invited, keep_certificate};
use super::fleet_epoch::{begin, heads};
use crate::fleet::{
    FleetStore, Invitation, Invited, IssuedCertificate, NoEpoch, Peer, Refused, TerminalRow,
};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use tillside_core::{
    Currency, Hash, Head, LaneId, StoreProfile, TerminalId, TerminalProfile, Timestamp,
};
use tillside_protocol::{EpochRequest, EpochResponse};

/// The epoch a fresh terminal's journal begins with.
pub(super) const FIRST_EPOCH: u32 = 1;

#[async_trait]
impl FleetStore for SqliteStore {
    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError> {
        self.write(move |transaction| invite(transaction, &invitation))
            .await
    }

    async fn invited(&self, secret_hash: Hash) -> Result<Option<Invited>, StoreError> {
        self.read(move |transaction| invited(transaction, secret_hash))
            .await
    }

    async fn admit(
        &self,
        secret_hash: Hash,
        lane: LaneId,
        certificate: IssuedCertificate,
        now: Timestamp,
    ) -> Result<Result<TerminalProfile, Refused>, StoreError> {
        self.write(move |transaction| admit(transaction, secret_hash, lane, &certificate, now))
            .await
    }

    async fn renewed(
        &self,
        certificate: IssuedCertificate,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let terminal = row_id(transaction, certificate.terminal)?;
            keep_certificate(transaction, terminal, &certificate, now)
        })
        .await
    }

    async fn peer(&self, serial: String) -> Result<Option<Peer>, StoreError> {
        self.read(move |transaction| peer(transaction, &serial))
            .await
    }

    async fn contact(&self, terminal: TerminalId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE terminal SET last_contact = ?2 WHERE terminal = ?1")
                .map_err(failed)?
                .execute(params![terminal.bytes(), now.0])
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn heads(&self, terminal: TerminalId, limit: usize) -> Result<Vec<Head>, StoreError> {
        self.read(move |transaction| heads(transaction, terminal, limit))
            .await
    }

    async fn begin_epoch(
        &self,
        terminal: TerminalId,
        request: EpochRequest,
        now: Timestamp,
    ) -> Result<Result<EpochResponse, NoEpoch>, StoreError> {
        self.write(move |transaction| begin(transaction, terminal, &request, now))
            .await
    }

    async fn revoke(&self, terminal: TerminalId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |transaction| revoke(transaction, terminal, now))
            .await
    }

    async fn terminals(&self) -> Result<Vec<TerminalRow>, StoreError> {
        self.read(terminals).await
    }
}

/// A store's profile.
pub(super) fn store_profile(
    transaction: &Transaction<'_>,
    store: &str,
) -> Result<StoreProfile, StoreError> {
    let (name, time_zone, currency): (String, String, String) = transaction
        .query_row(
            "SELECT name, time_zone, currency FROM store WHERE store = ?1",
            [store],
            |row| row.try_into(),
        )
        .map_err(failed)?;
    Ok(StoreProfile {
        store: code("store", store.to_owned())?,
        name,
        time_zone,
        currency: code::<Currency>("currency", currency)?,
    })
}

pub(super) fn profile(
    transaction: &Transaction<'_>,
    row: i64,
) -> Result<TerminalProfile, StoreError> {
    let (terminal, store, lane, coupon_holder): ([u8; 16], String, String, bool) = transaction
        .query_row(
            "SELECT t.terminal, t.store, t.lane, coalesce(s.holder = t.terminal, 0)
             FROM terminal AS t JOIN store AS s ON s.store = t.store WHERE t.id = ?1",
            [row],
            |row| row.try_into(),
        )
        .map_err(failed)?;
    Ok(TerminalProfile {
        terminal: TerminalId::read(terminal),
        lane: code("lane", lane)?,
        profile: store_profile(transaction, &store)?,
        epoch: FIRST_EPOCH,
        coupon_holder,
    })
}

pub(super) fn row_id(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
) -> Result<i64, StoreError> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT id FROM terminal WHERE terminal = ?1")
        .map_err(failed)?
        .query_row([terminal.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    found.ok_or_else(|| {
        StoreError::NotFound(format!(
            "HQ has no terminal {terminal}: `tillside-hq terminal list` shows them all"
        ))
    })
}

fn peer(transaction: &Transaction<'_>, serial: &str) -> Result<Option<Peer>, StoreError> {
    let found: Option<(i64, Option<i64>, u32, i64)> = transaction
        .prepare_cached(
            "SELECT terminal.id, revoked_at, certificate_seconds, not_after FROM certificate
             JOIN terminal ON terminal.id = certificate.terminal WHERE serial = ?1",
        )
        .map_err(failed)?
        .query_row([serial], |row| row.try_into())
        .optional()
        .map_err(failed)?;
    let Some((terminal, revoked_at, certificate_seconds, not_after)) = found else {
        return Ok(None);
    };
    Ok(Some(Peer {
        profile: profile(transaction, terminal)?,
        revoked: revoked_at.is_some(),
        certificate_seconds,
        certificate_until: Timestamp(not_after),
    }))
}

fn revoke(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = row_id(transaction, terminal)?;
    let changed = transaction
        .execute(
            "UPDATE terminal SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
            params![row, now.0],
        )
        .map_err(failed)?;
    transaction
        .execute(
            "UPDATE store SET holder = (
                 SELECT terminal FROM terminal
                 WHERE terminal.store = store.store AND revoked_at IS NULL
                 ORDER BY enrolled_at, id LIMIT 1)
             WHERE holder = ?1",
            params![terminal.bytes()],
        )
        .map_err(failed)?;
    Ok(changed == 1)
}

fn terminals(transaction: &Transaction<'_>) -> Result<Vec<TerminalRow>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT t.terminal, t.store, t.lane, coalesce(s.holder = t.terminal, 0), t.enrolled_at,
                 t.revoked_at, t.last_contact, t.bundle, coalesce(h.epoch, 0), coalesce(h.seq, 0),
                 coalesce((SELECT max(not_after) FROM certificate WHERE terminal = t.id), 0)
             FROM terminal AS t JOIN store AS s ON s.store = t.store
             LEFT JOIN journal_head AS h ON h.terminal = t.id AND h.epoch =
                 (SELECT max(epoch) FROM journal_head WHERE terminal = t.id)
             ORDER BY t.store, t.lane, t.enrolled_at",
        )
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut terminals = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        terminals.push(terminal_row(row)?);
    }
    Ok(terminals)
}

fn terminal_row(row: &Row<'_>) -> Result<TerminalRow, StoreError> {
    let moment = |index| -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = row.get(index).map_err(failed)?;
        Ok(at.map(Timestamp))
    };
    let number = |index| -> Result<u64, StoreError> { Ok(count(row.get(index).map_err(failed)?)) };
    Ok(TerminalRow {
        terminal: TerminalId::read(row.get(0).map_err(failed)?),
        store: code("store", row.get(1).map_err(failed)?)?,
        lane: code("lane", row.get(2).map_err(failed)?)?,
        holder: row.get(3).map_err(failed)?,
        enrolled_at: moment(4)?.unwrap_or(Timestamp(0)),
        revoked_at: moment(5)?,
        last_contact: moment(6)?,
        bundle: number(7)?,
        epoch: row.get(8).map_err(failed)?,
        seq: number(9)?,
        certificate_until: moment(10)?.unwrap_or(Timestamp(0)),
    })
}
