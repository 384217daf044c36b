//! Goods that come back: what is paid for them, and which points go back with them.
//!
//! **What is paid back** is what was paid: a line's price less its part of every discount. Of a line of
//! several, the part rounded down to the minor unit as the first come back, exact once all are back.
//! Discounts that depended on what came back are not worked out again for the rest.
//!
//! **Points** go back by lot, in the proportion in which what the lot was earned on went back
//! ([`Lot::on`]): rounded down for the member at each return, exact to the last point when all of it is back.
//! Points that paid come back as points, see [`crate::points_back`]. Used coupons stay used, and the caps of rules
//! stay used up.
//!
//! Pure; how long goods may come back, and who may allow it, is left to the edges.

use crate::{
    Currency, Customer, Item, LaneId, Lot, Money, PersonId, Points, ReturnId, SaleCompleted,
    SaleId, Tender, Timestamp, points_back as paid_points_back,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most returns of one sale.
pub const RETURN_LIMIT: usize = 100;

/// How many of a sale's lines' goods, by line index; no zeros.
pub type Quantities = BTreeMap<u32, u32>;

/// Goods of a sale that came back together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GoodsReturned {
    /// Which return.
    pub id: ReturnId,
    /// Of which sale.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who asked.
    pub cashier: PersonId,
    /// The manager who allowed it.
    pub approved_by: PersonId,
    /// Why, as typed.
    pub reason: String,
    /// When, as in its record.
    pub at: Timestamp,
    /// The store's business day.
    pub date: Date,
    /// What came back; each line once.
    pub lines: Vec<LineReturned>,
    /// What is paid back for all of it.
    pub total: Money,
    /// Paid back, by tender; sums to `total`.
    pub tenders: Vec<Tender>,
    /// The sale's customer, as it was recorded.
    pub customer: Option<Customer>,
    /// The points that go back, by lot of the sale; none is zero.
    pub lots: Vec<LotReturned>,
}

/// Goods of one line that came back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineReturned {
    /// Which line of the sale, from 0.
    pub line: u32,
    /// What.
    pub item: Item,
    /// As the receipt prints it.
    pub name: String,
    /// How many, more than zero.
    pub quantity: u32,
    /// What is paid back for them.
    pub paid: Money,
}

/// Points of one lot that go back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LotReturned {
    /// Which lot of the sale ([`Lot::index`]).
    pub index: u32,
    /// How many.
    pub points: Points,
    /// From when on they might have been spent, if not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_until: Option<Timestamp>,
}

/// What a return comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedReturn {
    /// What comes back, in the sale's order.
    pub lines: Vec<LineReturned>,
    /// What is to be paid back.
    pub total: Money,
    /// The points that go back; none is zero.
    pub lots: Vec<LotReturned>,
    /// Of `total`, what points had paid and is paid back as points, if any is.
    pub points: Option<(Points, Money)>,
}

/// Why goods cannot come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreturnable {
    /// Nothing was named.
    Nothing,
    /// The sale has no such line, or it was named twice; from 0.
    NoSuchLine(u32),
    /// Fewer of a line are not back yet.
    MoreThanSold {
        /// Which, from 0.
        line: u32,
        /// How many are left.
        left: u32,
    },
}

impl GoodsReturned {
    /// All points that go back.
    pub fn points(&self) -> i128 {
        self.lots.iter().map(|lot| i128::from(lot.points.0)).sum()
    }
}

/// What came back in some returns.
pub fn quantities<'a>(returns: impl IntoIterator<Item = &'a GoodsReturned>) -> Quantities {
    let mut back = Quantities::new();
    for line in returns.into_iter().flat_map(|one| &one.lines) {
        let sum = back.entry(line.line).or_default();
        *sum = sum.saturating_add(line.quantity);
    }
    back
}

/// What is paid for goods of a sale that come back after others did, and which points go back with them.
///
/// # Errors
/// If the sale has not, or not any more, what is named.
pub fn price_return(
    sale: &SaleCompleted,
    before: &Quantities,
    goods: &[(u32, u32)],
) -> Result<PricedReturn, Unreturnable> {
    let after = with_back(sale, before, goods)?;
    let lines: Vec<LineReturned> = (sale.lines.iter().enumerate())
        .filter_map(|(index, sold)| {
            // At most `BASKET_LINE_LIMIT`.
            let line = index as u32;
            let of = |back: &Quantities| back.get(&line).copied().unwrap_or(0);
            let (all, earlier) = (of(&after), of(before));
            let paid = paid_back(sale, line, all) - paid_back(sale, line, earlier);
            (all > earlier).then(|| LineReturned {
                line,
                item: sold.item.clone(),
                name: sold.name.clone(),
                quantity: all - earlier,
                paid: money(paid, sale.currency),
            })
        })
        .collect();
    let lots = sale.lots.iter().map(|lot| LotReturned {
        index: lot.index,
        points: Points(points_back(sale, lot, &after) - points_back(sale, lot, before)),
        pending_until: lot.waits(sale.at).then_some(lot.pending_until),
    });
    let paid = |back: &Quantities| paid_points_back(sale, all_back(sale, back));
    let ((points, worth), (points_before, worth_before)) = (paid(&after), paid(before));
    let points = (Points(points - points_before), worth - worth_before);
    Ok(PricedReturn {
        total: money(
            lines.iter().map(|line| line.paid.minor()).sum(),
            sale.currency,
        ),
        points: Some((points.0, money(points.1, sale.currency)))
            .filter(|(_, worth)| worth.minor() != 0),
        lots: lots.filter(|lot| lot.points.0 != 0).collect(),
        lines,
    })
}

/// What is back once these goods are too.
fn with_back(
    sale: &SaleCompleted,
    before: &Quantities,
    goods: &[(u32, u32)],
) -> Result<Quantities, Unreturnable> {
    let mut after = before.clone();
    let mut named = Quantities::new();
    for &(line, quantity) in goods.iter().filter(|(_, quantity)| *quantity > 0) {
        let sold = sale.lines.get(line as usize).map(|line| line.quantity);
        let sold = sold.filter(|_| named.insert(line, quantity).is_none());
        let sold = sold.ok_or(Unreturnable::NoSuchLine(line))?;
        let back = after.entry(line).or_default();
        let left = sold.saturating_sub(*back);
        if quantity > left {
            return Err(Unreturnable::MoreThanSold { line, left });
        }
        *back += quantity;
    }
    match named.is_empty() {
        true => Err(Unreturnable::Nothing),
        false => Ok(after),
    }
}

/// What was paid for a line: its price less what coupons and rules took off it, in minor units.
pub fn paid_for(sale: &SaleCompleted, line: u32) -> i64 {
    let Some(sold) = sale.lines.get(line as usize) else {
        return 0;
    };
    let coupons = sale.discounts.iter().flat_map(|off| &off.spread);
    let rules = sale.promotions.iter().flat_map(|off| &off.spread);
    let off: i64 = (coupons.chain(rules))
        .filter(|(at, _)| *at == line)
        .map(|(_, minor)| *minor)
        .sum();
    // In range and not below zero when the sale was decided.
    sold.subtotal()
        .map_or(0, |price| (price.minor() - off).max(0))
}

/// What is paid back in all once so many of a line are back, in minor units.
fn paid_back(sale: &SaleCompleted, line: u32, quantity: u32) -> i64 {
    let sold = sale
        .lines
        .get(line as usize)
        .map_or(1, |line| line.quantity);
    part(
        paid_for(sale, line),
        quantity.min(sold).into(),
        sold.max(1).into(),
    )
}

/// What is paid back in all once so much of a sale is, in minor units.
fn all_back(sale: &SaleCompleted, back: &Quantities) -> i64 {
    let lines = back.iter();
    lines
        .map(|(&line, &quantity)| paid_back(sale, line, quantity))
        .sum()
}

/// What a lot of a sale was earned on, in minor units: what was paid for its lines. 1 where nothing was, so
/// that its points still go back with the goods.
pub fn worth_of(sale: &SaleCompleted, lot: &Lot) -> i64 {
    lines_of(sale, lot)
        .map(|line| paid_for(sale, line))
        .sum::<i64>()
        .max(1)
}

/// How much of what a lot was earned on ([`worth_of`]) is back, in minor units.
pub fn worth_back(sale: &SaleCompleted, lot: &Lot, back: &Quantities) -> i64 {
    let of = |line| back.get(&line).copied().unwrap_or(0);
    let sold = |line: u32| {
        sale.lines
            .get(line as usize)
            .map_or(0, |line| line.quantity)
    };
    match lines_of(sale, lot).all(|line| of(line) >= sold(line)) {
        true => worth_of(sale, lot),
        false => lines_of(sale, lot)
            .map(|line| paid_back(sale, line, of(line)))
            .sum(),
    }
}

/// How many points of a lot are back in all.
fn points_back(sale: &SaleCompleted, lot: &Lot, back: &Quantities) -> i64 {
    part(
        lot.amount.0,
        worth_back(sale, lot, back),
        worth_of(sale, lot),
    )
}

/// The lines that a lot was earned on.
fn lines_of<'a>(sale: &'a SaleCompleted, lot: &'a Lot) -> impl Iterator<Item = u32> + 'a {
    // At most `BASKET_LINE_LIMIT`.
    let all = 0..sale.lines.len() as u32;
    all.filter(|line| lot.on.is_empty() || lot.on.contains(line))
}

/// `whole · of / all`, rounded down; none of the three is below zero.
fn part(whole: i64, of: i64, all: i64) -> i64 {
    let part = i128::from(whole) * i128::from(of.clamp(0, all)) / i128::from(all.max(1));
    // At most `whole`.
    part as i64
}

/// Minor units that are part of a sale, as money.
fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency).unwrap_or(Money::zero(currency))
}
