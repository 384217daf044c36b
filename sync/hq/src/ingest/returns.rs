//! What goods that came back change at HQ. Pure.
//!
//! HQ prices a return again from the sale and from what it knows to be back ([`price_return`]): so two tills that
//! each took goods of one sale back while they were cut off are booked to the last point, and what is back more often
//! than it was sold becomes a case.

use super::book::Booking;
use super::{Fault, Working, points};
use crate::ledger::{Account, LedgerError, Movement, MovementKind};
use tillside_core::{
    GoodsReturned, LotReturned, Money, Quantities, Record, ReturnId, SaleCompleted, SaleId,
    Unreturnable, paid_for, price_return,
};

/// A sale of which goods come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returnable {
    /// As it was recorded.
    pub sale: SaleCompleted,
    /// What is back.
    pub back: Quantities,
}

impl Returnable {
    /// A sale of which nothing is back.
    pub const fn new(sale: SaleCompleted) -> Self {
        let back = Quantities::new();
        Self { sale, back }
    }
}

/// Goods that came back, as they are to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// Which return.
    pub id: ReturnId,
    /// Of which sale.
    pub sale: SaleId,
    /// `(line, quantity)`.
    pub lines: Vec<(u32, u32)>,
}

pub(super) fn book_return(
    working: &mut Working,
    record: &Record,
    goods: &GoodsReturned,
) -> Result<Booking, Fault> {
    if working.returns.contains(&goods.id) {
        // The same fact told again, in a later epoch.
        return match record.epoch > 1 {
            true => Ok(Booking::default()),
            false => Err(Fault::ReturnTwice(goods.id)),
        };
    }
    let unknown = || Fault::ReturnUnknown(goods.sale);
    let booked = working.sales.get(&goods.sale).ok_or_else(unknown)?;
    if booked.voided.is_some() {
        return Err(Fault::ReturnOfVoided(goods.sale));
    }
    let sold = working.returnable.get(&goods.sale).ok_or_else(unknown)?;
    adds_up(&sold.sale, goods)?;
    let lines: Vec<(u32, u32)> = (goods.lines.iter())
        .map(|line| (line.line, line.quantity))
        .collect();
    let priced = price_return(&sold.sale, &sold.back, &lines).map_err(|why| match why {
        Unreturnable::MoreThanSold { line, left } => Fault::ReturnedBefore {
            sale: goods.sale,
            line: line as usize + 1,
            left,
        },
        Unreturnable::Nothing | Unreturnable::NoSuchLine(_) => {
            Fault::DoesNotAddUp("a return names lines that its sale does not have")
        }
    })?;
    let account = booked.customer.as_ref().and_then(|c| working.account(c));
    let mut movements = match &account {
        Some(account) => take_back(account, &sold.sale, &priced.lots).map_err(Fault::Ledger)?,
        None => Vec::new(),
    };
    let whose = booked.customer.as_ref().and_then(|c| c.member);
    let spent = points::give_back(whose, points::of_return(&priced)).map_err(Fault::Ledger)?;
    movements.extend(spent);
    working.balances.book(&movements).map_err(Fault::Ledger)?;
    working.returns.insert(goods.id);
    if let Some(sold) = working.returnable.get_mut(&goods.sale) {
        for (line, quantity) in &lines {
            *sold.back.entry(*line).or_default() += quantity;
        }
    }
    if let Some(booked) = working.sales.get_mut(&goods.sale) {
        booked.returned = true;
    }
    Ok(Booking {
        movements,
        returned: Some(Returned {
            id: goods.id,
            sale: goods.sale,
            lines,
        }),
        ..Booking::default()
    })
}

/// What was paid back is what its lines say, none of them more than was paid for it.
fn adds_up(sale: &SaleCompleted, goods: &GoodsReturned) -> Result<(), Fault> {
    let zero = Money::zero(sale.currency);
    let mut paid = goods.lines.iter().map(|line| line.paid);
    let paid = paid.try_fold(zero, Money::checked_add);
    let mut tendered = goods.tenders.iter().map(|tender| tender.amount);
    let tendered = tendered.try_fold(zero, Money::checked_add);
    if paid != Ok(goods.total) || tendered != Ok(goods.total) {
        return Err(Fault::DoesNotAddUp(
            "what a return paid back is not what its lines come to",
        ));
    }
    if !points::fits(sale, goods) {
        return Err(Fault::DoesNotAddUp(
            "a return gave back more points than had paid",
        ));
    }
    let whole = |line: &tillside_core::LineReturned| {
        (0..=paid_for(sale, line.line)).contains(&line.paid.minor())
    };
    if !goods.lines.iter().all(whole) {
        return Err(Fault::DoesNotAddUp(
            "a return paid back more than was paid for a line",
        ));
    }
    Ok(())
}

fn take_back(
    account: &Account,
    sale: &SaleCompleted,
    lots: &[LotReturned],
) -> Result<Vec<Movement>, LedgerError> {
    let of = |back: &LotReturned| sale.lots.iter().find(move |lot| lot.index == back.index);
    let pairs = lots.iter().filter_map(|back| Some((back, of(back)?)));
    pairs
        .map(|(back, lot)| {
            let funder = Account::Funder(lot.funder.clone());
            Movement::new(MovementKind::Return, account.clone(), funder, back.points.0)
        })
        .collect()
}
