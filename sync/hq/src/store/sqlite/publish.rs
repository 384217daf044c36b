//! What a bundle holds, read from SQLite in one transaction.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed, signed};
use super::emoney::{Sheets, revoked_phones};
use super::expiry::Holdings;
use super::fleet::store_profile;
use super::replay;
use super::{open_coupons, tokens};
use crate::publish::{BundleNote, Edition, PublishStore};
use crate::replay::Told;
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use tillside_core::engine::Document;
use tillside_core::{
    CardIdentity, CodeKey, CouponEntry, CouponNumber, CouponSheet, CouponUsed, Elsewhere, Included,
    Item, MemberEntry, MemberId, MemberSheet, Money, OpenNumbers, PlanId, Product, SaleId, StoreId,
    TerminalId, Timestamp, number_digest,
};
use tillside_protocol::StoreTarget;

#[async_trait]
impl PublishStore for SqliteStore {
    async fn edition(&self, now: Timestamp) -> Result<Edition, StoreError> {
        self.write(move |transaction| Sheets::fix(transaction, now))
            .await?;
        self.read(move |transaction| edition(transaction, now))
            .await
    }

    async fn revoked_phones(&self, now: Timestamp) -> Result<Vec<CodeKey>, StoreError> {
        self.read(move |transaction| revoked_phones(transaction, now))
            .await
    }

    async fn newest_bundle(&self) -> Result<u64, StoreError> {
        self.read(|transaction| {
            let version: i64 = transaction
                .query_row("SELECT coalesce(max(version), 0) FROM bundle", [], |row| {
                    row.get(0)
                })
                .map_err(failed)?;
            Ok(count(version))
        })
        .await
    }

    async fn note_bundle(&self, note: BundleNote, told: Told) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO bundle (version, published_at, rules, plans, products, stores,
                         members, coupons, document)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![
                        signed(note.version),
                        note.published_at.0,
                        note.rules as i64,
                        note.plans as i64,
                        note.products as i64,
                        note.stores as i64,
                        note.members as i64,
                        note.coupons as i64,
                        told.document
                    ],
                )
                .map_err(failed)?;
            replay::note(transaction, note.version, &told)
        })
        .await
    }
}

/// The newest rule document; an empty one before the first.
pub(super) fn newest_rules(transaction: &Transaction<'_>) -> Result<Document, StoreError> {
    Ok(newest_document(transaction)?.1)
}

/// The newest rule document, and its id.
fn newest_document(transaction: &Transaction<'_>) -> Result<(Option<i64>, Document), StoreError> {
    let found: Option<(i64, String)> = transaction
        .query_row(
            "SELECT id, body FROM rule_document ORDER BY id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed)?;
    match found {
        None => Ok((None, Document::empty())),
        Some((id, body)) => match Document::read(body.as_bytes()) {
            Ok(document) => Ok((Some(id), document)),
            Err(_) => Err(StoreError::Unreadable {
                what: "rule document",
            }),
        },
    }
}

fn edition(transaction: &Transaction<'_>, now: Timestamp) -> Result<Edition, StoreError> {
    let mut list = transaction
        .prepare("SELECT store, holder FROM store ORDER BY store")
        .map_err(failed)?;
    let rows: Result<Vec<_>, _> = list
        .query_map([], |row| <(String, Option<[u8; 16]>)>::try_from(row))
        .map_err(failed)?
        .collect();
    let rows = rows.map_err(failed)?;
    let digests = digests(transaction)?;
    let purses = Sheets::prepare(transaction, now)?;
    let mut stores = Vec::with_capacity(rows.len());
    for (store, holder) in rows {
        let profile = store_profile(transaction, &store)?;
        let mut coupons = coupon_sheet(transaction, &profile.store)?;
        coupons.holder = holder.map(TerminalId::read);
        coupons.elsewhere = elsewhere(&digests, &profile.store);
        let purse = purses
            .as_ref()
            .map(|purses| purses.of(transaction, &profile.store, &profile.time_zone))
            .transpose()?;
        stores.push(StoreTarget {
            members: member_sheet(transaction, &store, now)?,
            coupons,
            profile,
            purse,
            member_codes: None,
            allowance_keys: Vec::new(),
        });
    }
    let (document, rules) = newest_document(transaction)?;
    let (issued, open) = of_no_store(transaction, &rules, &mut stores)?;
    let tills: i64 = transaction
        .query_row("SELECT count(*) FROM terminal", [], |row| row.get(0))
        .map_err(failed)?;
    Ok(Edition {
        issued,
        open,
        tills: count(tills),
        rules,
        document,
        products: products(transaction)?,
        stores,
    })
}

/// Tells every store of the coupons that no store holds: how many were issued, by plan, and the numbers
/// that any till may take.
fn of_no_store(
    transaction: &Transaction<'_>,
    rules: &Document,
    stores: &mut [StoreTarget],
) -> Result<(BTreeMap<PlanId, u64>, Vec<OpenNumbers>), StoreError> {
    let mut issued = BTreeMap::new();
    for plan in &rules.plans {
        let signed = tokens::issued(transaction, &plan.plan)?;
        if signed > 0 {
            issued.insert(plan.plan.clone(), signed);
        }
    }
    let capped = rules.plans.iter().filter(|plan| plan.risk_cap().is_some());
    let capped: BTreeSet<PlanId> = capped.map(|plan| plan.plan.clone()).collect();
    let plans = issued.keys().chain(&capped).cloned().collect();
    let uses = tokens::uses(transaction, &plans)?;
    let open = open_coupons::open(transaction, capped.iter(), &uses)?;
    for store in stores {
        store.coupons.numbers.extend(uses.iter().cloned());
        store.coupons.revoked.extend(open.revoked.iter().cloned());
    }
    issued.extend(open.issued);
    Ok((issued, open.numbers))
}

fn products(transaction: &Transaction<'_>) -> Result<Vec<Product>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT item, name, price, currency, category, tax_class FROM product ORDER BY item",
        )
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut products = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        products.push(product(row)?);
    }
    Ok(products)
}

fn product(row: &Row<'_>) -> Result<Product, StoreError> {
    let currency = code("currency", row.get(3).map_err(failed)?)?;
    let price = Money::new(row.get(2).map_err(failed)?, currency);
    let category: Option<String> = row.get(4).map_err(failed)?;
    Ok(Product {
        item: code::<Item>("item", row.get(0).map_err(failed)?)?,
        name: row.get(1).map_err(failed)?,
        unit_price: price.map_err(|_| StoreError::Unreadable { what: "price" })?,
        category: category.map(|text| code("category", text)).transpose()?,
        tax_class: code("tax class", row.get(5).map_err(failed)?)?,
    })
}

fn member_sheet(
    transaction: &Transaction<'_>,
    store: &str,
    now: Timestamp,
) -> Result<MemberSheet, StoreError> {
    let mut holdings = Holdings::prepare(transaction, now)?;
    let mut cards = transaction
        .prepare_cached("SELECT card FROM card WHERE member = ?1 ORDER BY card")
        .map_err(failed)?;
    let mut list = transaction
        .prepare_cached(
            "SELECT member, display_name, tier FROM member WHERE home_store = ?1 OR member IN
                 (SELECT member FROM member_store WHERE store = ?1) ORDER BY number",
        )
        .map_err(failed)?;
    let mut rows = list.query([store]).map_err(failed)?;
    let mut members = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let member = MemberId::read(row.get(0).map_err(failed)?);
        let held: Result<Vec<String>, _> = cards
            .query_map([member.bytes()], |row| row.get(0))
            .map_err(failed)?
            .collect();
        let held = held.map_err(failed)?.into_iter();
        let held: Result<Vec<CardIdentity>, _> = held.map(|card| code("card", card)).collect();
        let (_, holding) = holdings.of(member)?;
        members.push(MemberEntry {
            member,
            display_name: row.get(1).map_err(failed)?,
            tier: code("tier", row.get(2).map_err(failed)?)?,
            points: holding.available(),
            pending: holding.pending,
            cards: held?,
        });
    }
    Ok(MemberSheet {
        as_of: now,
        included: included(transaction, store)?,
        members,
    })
}

/// The newest record of each of the store's terminals that the balances count.
fn included(
    transaction: &Transaction<'_>,
    store: &str,
) -> Result<BTreeMap<TerminalId, Included>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT t.terminal, h.epoch, h.seq FROM journal_head AS h
             JOIN terminal AS t ON t.id = h.terminal WHERE t.store = ?1 ORDER BY h.epoch",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([store], |row| <([u8; 16], u32, i64)>::try_from(row))
        .map_err(failed)?;
    let mut included = BTreeMap::new();
    for row in rows {
        let (terminal, epoch, seq) = row.map_err(failed)?;
        let seq = count(seq);
        included.insert(TerminalId::read(terminal), Included { epoch, seq });
    }
    Ok(included)
}

fn coupon_sheet(transaction: &Transaction<'_>, store: &StoreId) -> Result<CouponSheet, StoreError> {
    type Found = (
        String,
        String,
        bool,
        Option<i64>,
        Option<[u8; 16]>,
        Option<[u8; 16]>,
    );
    let mut list = transaction
        .prepare_cached(
            "SELECT c.number, c.plan, c.revoked_at IS NOT NULL, u.at, t.terminal, u.sale
             FROM coupon AS c
             LEFT JOIN redemption AS u ON u.number = c.number AND u.voided_by IS NULL
             LEFT JOIN terminal AS t ON t.id = u.terminal
             WHERE c.store = ?1 ORDER BY c.number",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([store.as_str()], |row| Found::try_from(row))
        .map_err(failed)?;
    let mut sheet = CouponSheet {
        holder: None,
        numbers: Vec::new(),
        revoked: Vec::new(),
        elsewhere: Vec::new(),
        open: Vec::new(),
    };
    for row in rows {
        let (number, plan, revoked, at, terminal, sale) = row.map_err(failed)?;
        let number: CouponNumber = code("coupon number", number)?;
        let used = match (at, terminal, sale) {
            (Some(at), Some(terminal), Some(sale)) => Some(CouponUsed {
                at: Timestamp(at),
                store: store.clone(),
                terminal: TerminalId::read(terminal),
                sale: SaleId::read(sale),
            }),
            _ => None,
        };
        // A number that was used before it was taken back stays used: that is what the shopper is told.
        if revoked && used.is_none() {
            sheet.revoked.push(number);
        } else {
            let plan = code("coupon plan", plan)?;
            sheet.numbers.push(CouponEntry { number, plan, used });
        }
    }
    Ok(sheet)
}

/// The digests of every store's numbers, ascending.
fn digests(transaction: &Transaction<'_>) -> Result<BTreeMap<StoreId, Vec<String>>, StoreError> {
    let mut list = transaction
        .prepare("SELECT store, number FROM coupon")
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut digests: BTreeMap<StoreId, Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let store = code("store", row.get(0).map_err(failed)?)?;
        let number: CouponNumber = code("coupon number", row.get(1).map_err(failed)?)?;
        digests
            .entry(store)
            .or_default()
            .push(number_digest(&number));
    }
    digests.values_mut().for_each(|list| list.sort_unstable());
    Ok(digests)
}

fn elsewhere(digests: &BTreeMap<StoreId, Vec<String>>, here: &StoreId) -> Vec<Elsewhere> {
    let others = digests.iter().filter(|(store, _)| *store != here);
    others
        .map(|(store, digests)| Elsewhere {
            store: store.clone(),
            digests: digests.clone(),
        })
        .collect()
}
