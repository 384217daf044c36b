//! Looking up members, products and other stores' coupons in the bundle in force.

use super::InForce;
use super::fill::digest_key;
use crate::columns::{Checked, Id, RecordId, Text, from_json, money};
use crate::error::Within;
use crate::projection::member_owner;
use crate::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension, Row};
use tillside_core::{
    CardIdentity, CouponNumber, CouponUsed, Currency, Item, Member, MemberId, PlanId, Points,
    Product, StoreId, Timestamp, number_digest,
};

/// The most products one search gives.
pub const SEARCH_LIMIT: usize = 200;

impl Store {
    /// The version of the bundle in force; 0 before the first.
    pub fn bundle_version(&self) -> u64 {
        self.till.as_ref().map_or(0, |till| till.reference.version)
    }

    /// When HQ took the members' balances; none before the first bundle.
    pub fn balances_as_of(&self) -> Option<Timestamp> {
        self.till.as_ref().and_then(|till| till.reference.as_of)
    }

    /// A member the store knows, with the balance the till shows.
    pub fn member(&self, member: &MemberId) -> Result<Option<Member>, StoreError> {
        let Some(till) = &self.till else {
            return Ok(None);
        };
        self.read(|conn| find_member(conn, &till.reference, *member))
    }

    /// The members of one name, in any case; at most `limit`.
    pub fn members_named(&self, name: &str, limit: usize) -> Result<Vec<Member>, StoreError> {
        let Some(till) = &self.till else {
            return Ok(Vec::new());
        };
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT member FROM members WHERE lower(display_name) = lower(?1)
                 ORDER BY member LIMIT ?2",
            )?;
            let rows = statement.query_map((name, limit as i64), |row| row.get::<_, Id>(0))?;
            let ids = rows.collect::<Result<Vec<_>, _>>()?;
            let members = ids
                .into_iter()
                .map(|id| find_member(conn, &till.reference, MemberId::new(id.0)));
            members.filter_map(Result::transpose).collect()
        })
    }

    /// The cards that name a member, as the bundle in force has them, by number.
    pub fn cards_of_member(&self, member: &MemberId) -> Result<Vec<CardIdentity>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT card FROM cards WHERE member = ?1 ORDER BY card")?;
            let rows = statement.query_map([Id(member.uuid())], |row| {
                Ok(row.get::<_, Checked<CardIdentity>>(0)?.0)
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The member a card names.
    pub fn member_by_card(&self, card: &CardIdentity) -> Result<Option<Member>, StoreError> {
        let Some(till) = &self.till else {
            return Ok(None);
        };
        self.read(|conn| {
            let member: Option<Id> = conn
                .prepare_cached("SELECT member FROM cards WHERE card = ?1")?
                .query_row([card.as_str()], |row| row.get(0))
                .optional()?;
            match member {
                Some(id) => find_member(conn, &till.reference, MemberId::new(id.0)),
                None => Ok(None),
            }
        })
    }

    /// What this terminal has recorded for a card the store did not know, as far as HQ's balances do
    /// not include it.
    pub fn points_of_card(&self, card: &CardIdentity) -> Result<Points, StoreError> {
        let Some(till) = &self.till else {
            return Ok(Points(0));
        };
        self.read(|conn| own_points(conn, card.as_str(), till.reference.included))
    }

    /// A product by what is scanned.
    pub fn product(&self, item: &Item) -> Result<Option<Product>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT item, name, minor, currency, category, tax_class FROM products
                 WHERE item = ?1",
            )?;
            let mut rows = statement.query([String::from(item.clone())])?;
            rows.next()?.map(product).transpose()
        })
    }

    /// Products whose name or number has every word of `text`, in any case, by name; at most
    /// `limit`, and never more than [`SEARCH_LIMIT`].
    pub fn products(&self, text: &str, limit: usize) -> Result<Vec<Product>, StoreError> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().take(8).collect();
        let has_words: String = (1..=words.len())
            .map(|n| format!("instr(searchable, ?{n}) > 0 AND "))
            .collect();
        let sql = format!(
            "SELECT item, name, minor, currency, category, tax_class FROM products
             WHERE {has_words} 1 ORDER BY name, item LIMIT {}",
            limit.min(SEARCH_LIMIT)
        );
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(words))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(product(row)?);
            }
            Ok(found)
        })
    }
}

fn product(row: &Row<'_>) -> Within<Product> {
    let currency = row.get::<_, Checked<Currency>>(3)?.0;
    Ok(Product {
        item: row.get::<_, Checked<_>>(0)?.0,
        name: row.get(1)?,
        unit_price: money(row.get(2)?, currency)?,
        category: row.get::<_, Option<Text<_>>>(4)?.map(|text| text.0),
        tax_class: row.get::<_, Text<_>>(5)?.0,
    })
}

/// A member of the bundle in force: HQ's balance and what this terminal has recorded since, under
/// the member's name or, before HQ knew them, under one of the cards.
///
/// What is pending stays so until HQ says otherwise: a till's clock makes no points.
pub(crate) fn find_member(
    conn: &Connection,
    reference: &InForce,
    member: MemberId,
) -> Within<Option<Member>> {
    let found = conn
        .prepare_cached(
            "SELECT display_name, tier, points, pending FROM members WHERE member = ?1",
        )?
        .query_row([Id(member.uuid())], |row| {
            Ok(Member {
                member,
                display_name: row.get(0)?,
                tier: row.get::<_, Text<_>>(1)?.0,
                points: Points(row.get(2)?),
                pending: Points(row.get(3)?),
            })
        })
        .optional()?;
    let Some(mut found) = found else {
        return Ok(None);
    };
    let mut owners = vec![member_owner(member)];
    let mut cards = conn.prepare_cached("SELECT card FROM cards WHERE member = ?1")?;
    let mut rows = cards.query([Id(member.uuid())])?;
    while let Some(row) = rows.next()? {
        owners.push(row.get(0)?);
    }
    for owner in owners {
        let (all, pending) = (
            own_points(conn, &owner, reference.included)?,
            own_pending(conn, &owner, reference)?,
        );
        found.points += all - pending;
        found.pending += pending;
    }
    Ok(Some(found))
}

/// What this terminal has recorded for an owner after `included`.
fn own_points(conn: &Connection, owner: &str, included: RecordId) -> Within<Points> {
    let sum = conn
        .prepare_cached(
            "SELECT coalesce(sum(points), 0) FROM member_deltas WHERE owner = ?1 AND id > ?2",
        )?
        .query_row((owner, included), |row| row.get(0))?;
    Ok(Points(sum))
}

/// What of [`own_points`] is pending: of sales that HQ does not count yet, and of those that it counted as
/// pending and of which something is gone since. Below zero, `sold` says that the till never had them as pending.
fn own_pending(conn: &Connection, owner: &str, reference: &InForce) -> Within<Points> {
    let as_of = reference.as_of.map_or(i64::MIN, |at| at.0);
    let sum = conn
        .prepare_cached(
            "SELECT coalesce(sum(points), 0) FROM pending_deltas
             WHERE owner = ?1 AND id > ?2 AND (sold > ?2 OR (abs(sold) <= ?2 AND until > ?3))",
        )?
        .query_row((owner, reference.included, as_of), |row| row.get(0))?;
    Ok(Points(sum))
}

/// One of the store's numbers, as the bundle in force has it.
pub(crate) struct Listed {
    /// None: it was taken back.
    pub plan: Option<PlanId>,
    pub used: Option<CouponUsed>,
}

/// A number of this store's.
pub(crate) fn listed(conn: &Connection, number: &CouponNumber) -> Within<Option<Listed>> {
    let found = conn
        .prepare_cached("SELECT plan, used, revoked FROM coupons WHERE number = ?1")?
        .query_row([number.as_str()], |row| {
            let plan = row.get::<_, Option<Text<PlanId>>>(0)?;
            let plan = plan.filter(|_| !row.get(2).unwrap_or(true));
            Ok((plan.map(|text| text.0), row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    let Some((plan, used)) = found else {
        return Ok(None);
    };
    let used = used.map(|text| from_json("a coupon's use", &text));
    let used = used.transpose()?;
    Ok(Some(Listed { plan, used }))
}

/// The other store that holds a number.
pub(crate) fn held_elsewhere(conn: &Connection, number: &CouponNumber) -> Within<Option<StoreId>> {
    let store = conn
        .prepare_cached("SELECT store FROM elsewhere WHERE digest = ?1")?
        .query_row([digest_key(&number_digest(number))], |row| {
            row.get::<_, Text<StoreId>>(0)
        })
        .optional()?;
    Ok(store.map(|text| text.0))
}

/// The plan of a number that HQ gave to no store.
pub(crate) fn open_plan(conn: &Connection, number: &CouponNumber) -> Within<Option<PlanId>> {
    let plan = conn
        .prepare_cached("SELECT plan FROM open_coupons WHERE digest = ?1")?
        .query_row([digest_key(&number_digest(number))], |row| {
            row.get::<_, Text<PlanId>>(0)
        })
        .optional()?;
    Ok(plan.map(|text| text.0))
}
