//! What a bundle tells a store of e-money.

use super::account::desk;
use super::cards;
use crate::emoney::Scheme;
use crate::store::StoreError;
use rusqlite::Transaction;
use tillside_core::{CarryOver, DeskRights, HotCard, HotList, PurseSheet, StoreId, Timestamp};

/// What every store of an edition is told alike.
pub(in crate::store::sqlite) struct Sheets {
    scheme: Scheme,
    blocked: HotList,
}

impl Sheets {
    /// Fixes the carry-overs whose wait is over: in a small transaction of its own, so that an edition
    /// only reads.
    pub(in crate::store::sqlite) fn fix(
        transaction: &Transaction<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match super::settle::scheme(transaction)? {
            Some(scheme) => cards::fix_carry_overs(transaction, &scheme, now),
            None => Ok(()),
        }
    }

    /// None where the chain has no e-money.
    pub(in crate::store::sqlite) fn prepare(
        transaction: &Transaction<'_>,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(scheme) = super::settle::scheme(transaction)? else {
            return Ok(None);
        };
        let holds = cards::holds(transaction)?.into_iter();
        let blocked = holds.map(|hold| HotCard {
            card: hold.card,
            why: hold.why,
        });
        let mut blocked = HotList::build(blocked.collect());
        blocked.as_of = Some(now);
        Ok(Some(Self { scheme, blocked }))
    }

    /// One store's.
    pub(in crate::store::sqlite) fn of(
        &self,
        transaction: &Transaction<'_>,
        store: &StoreId,
        time_zone: &str,
    ) -> Result<PurseSheet, StoreError> {
        let desk: DeskRights = desk(transaction, store)?;
        let due = cards::replacements(
            transaction,
            &self.scheme,
            "WHERE store = ?1 AND minor > 0 AND restored IS NULL ORDER BY old",
            [store.as_str()],
        )?;
        let zone = jiff::tz::TimeZone::get(time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let day = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            at.to_zoned(zone.clone()).date()
        };
        let carry_overs = due.into_iter().filter_map(|over| {
            Some(CarryOver {
                from_day: day(over.due_at),
                amount: over.amount?,
                from: over.old,
                to: over.new,
            })
        });
        Ok(PurseSheet {
            scheme: self.scheme.scheme.clone(),
            desk,
            blocked: self.blocked.clone(),
            carry_overs: carry_overs.collect(),
        })
    }
}
