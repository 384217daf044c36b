//! Loading what a batch names before it is decided.

use super::codec::{UuidId, code, failed};
use super::ingest::TerminalRow;
use super::leases;
use super::ledger::Accounts;
use super::returns;
use super::{open_coupons, tokens};
use crate::coupons::{CouponAtHq, TokensAtHq};
use crate::ingest::{Needs, SaleAtHq, Working};
use crate::ledger::{Account, Balances};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::{HashMap, HashSet};
use tillside_core::{
    CardIdentity, CouponNumber, CouponUsed, Event, FunderId, MemberId, Record, SaleId, TerminalId,
    Timestamp,
};

/// Loads members, cards, coupons, sales and balances.
pub(super) fn load(
    transaction: &Transaction<'_>,
    terminal: &TerminalRow,
    needs: &Needs,
) -> Result<(Working, Accounts), StoreError> {
    let mut working = Working {
        terminal: terminal.terminal,
        store: terminal.store.clone(),
        members: HashSet::new(),
        cards: HashMap::new(),
        coupons: HashMap::new(),
        open: HashMap::new(),
        tokens: TokensAtHq::default(),
        printed: HashMap::new(),
        leases: HashMap::new(),
        sales: HashMap::new(),
        awaited: needs.returnable.clone(),
        returnable: HashMap::new(),
        returns: HashSet::new(),
        balances: Balances::default(),
    };
    for number in &needs.coupons {
        if let Some(coupon) = coupon(transaction, number)? {
            working.coupons.insert(number.clone(), coupon);
        } else if let Some(open) = open_coupons::at_hq(transaction, number)? {
            working.open.insert(number.clone(), open);
        }
    }
    for (number, plan) in &needs.tokens {
        tokens::load(transaction, number, plan, &mut working.tokens)?;
    }
    for number in &needs.printed {
        if let Some(used) = tokens::used(transaction, number, tokens::Kind::Open)? {
            working.printed.insert(number.clone(), used);
        }
    }
    for id in &needs.leases {
        if let Some(subject) = leases::granted(transaction, *id, terminal.terminal)? {
            working.leases.insert(*id, subject);
        }
    }
    for sale in &needs.sales {
        if let Some(booked) = sale_at_hq(transaction, *sale)? {
            working.sales.insert(*sale, booked);
        }
    }
    returns::load(transaction, needs, &mut working)?;
    let mut cards: HashSet<&CardIdentity> = needs.cards.iter().collect();
    let booked = working.sales.values().filter_map(|s| s.customer.as_ref());
    cards.extend(booked.filter_map(|customer| customer.card.as_ref()));
    let found: Result<Vec<_>, StoreError> = cards
        .into_iter()
        .map(|card| Ok((card.clone(), card_owner(transaction, card)?)))
        .collect();
    let accounts = load_balances(transaction, &mut working, needs, found?)?;
    Ok((working, accounts))
}

fn load_balances(
    transaction: &Transaction<'_>,
    working: &mut Working,
    needs: &Needs,
    cards: Vec<(CardIdentity, Option<MemberId>)>,
) -> Result<Accounts, StoreError> {
    let mut accounts = Accounts::default();
    let balances = &mut working.balances;
    accounts.load(transaction, balances, Account::Spent)?;
    for member in &needs.members {
        if exists(transaction, *member)? {
            working.members.insert(*member);
            accounts.load(transaction, balances, Account::Member(*member))?;
        }
    }
    for (card, owner) in cards {
        let account = match owner {
            Some(member) => {
                working.cards.insert(card, member);
                Account::Member(member)
            }
            None => Account::Card(card),
        };
        accounts.load(transaction, balances, account)?;
    }
    let returnable = working.returnable.values().flat_map(|sold| &sold.sale.lots);
    let of_goods: Vec<FunderId> = returnable.map(|lot| lot.funder.clone()).collect();
    for funder in needs.funders.iter().chain(&of_goods) {
        accounts.load(transaction, balances, Account::Funder(funder.clone()))?;
    }
    let customers = working.sales.values().filter_map(|s| s.customer.as_ref());
    for member in customers.filter_map(|customer| customer.member) {
        accounts.load(transaction, balances, Account::Member(member))?;
    }
    Ok(accounts)
}

fn exists(transaction: &Transaction<'_>, member: MemberId) -> Result<bool, StoreError> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT id FROM member WHERE member = ?1")
        .map_err(failed)?
        .query_row([member.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.is_some())
}

/// The member a card names, if HQ knows one.
pub(super) fn card_owner(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Option<MemberId>, StoreError> {
    let found: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT member FROM card WHERE card = ?1")
        .map_err(failed)?
        .query_row([card.as_str()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.map(MemberId::read))
}

fn coupon(
    transaction: &Transaction<'_>,
    number: &CouponNumber,
) -> Result<Option<CouponAtHq>, StoreError> {
    type Row = (
        String,
        String,
        Option<i64>,
        Option<[u8; 16]>,
        Option<[u8; 16]>,
    );
    let found: Option<Row> = transaction
        .prepare_cached(
            "SELECT coupon.plan, coupon.store, use.at, terminal.terminal, use.sale FROM coupon
             LEFT JOIN redemption AS use
                 ON use.number = coupon.number AND use.voided_by IS NULL
             LEFT JOIN terminal ON terminal.id = use.terminal
             WHERE coupon.number = ?1",
        )
        .map_err(failed)?
        .query_row([number.as_str()], |row| row.try_into())
        .optional()
        .map_err(failed)?;
    let Some((plan, store, at, terminal, sale)) = found else {
        return Ok(None);
    };
    let store: tillside_core::StoreId = code("store", store)?;
    let used = match (at, terminal, sale) {
        (Some(at), Some(terminal), Some(sale)) => Some(CouponUsed {
            at: Timestamp(at),
            // Only the store that holds a number can use it.
            store: store.clone(),
            terminal: TerminalId::read(terminal),
            sale: SaleId::read(sale),
        }),
        _ => None,
    };
    Ok(Some(CouponAtHq {
        plan: code("coupon plan", plan)?,
        store,
        used,
    }))
}

fn sale_at_hq(transaction: &Transaction<'_>, sale: SaleId) -> Result<Option<SaleAtHq>, StoreError> {
    let found: Option<(String, Option<String>, bool)> = transaction
        .prepare_cached(
            "SELECT record.body, void.body,
                 EXISTS (SELECT 1 FROM goods_return AS back WHERE back.sale = sale.sale)
             FROM sale JOIN record ON record.id = sale.record
             LEFT JOIN record AS void ON void.id = sale.voided_by WHERE sale.sale = ?1",
        )
        .map_err(failed)?
        .query_row([sale.bytes()], |row| row.try_into())
        .optional()
        .map_err(failed)?;
    let Some((body, void, returned)) = found else {
        return Ok(None);
    };
    let read = |body: String| {
        let what = "journal record";
        let record = serde_json::from_str::<Record>(&body);
        record.map_err(|_| StoreError::Unreadable { what })
    };
    let record = read(body)?;
    match &record.event {
        Event::SaleCompleted(completed) => {
            let mut booked = SaleAtHq::new(record.terminal, completed);
            booked.voided = void.map(read).transpose()?.map(|void| void.at);
            booked.returned = returned;
            Ok(Some(booked))
        }
        _ => Err(StoreError::Unreadable {
            what: "journal record",
        }),
    }
}
