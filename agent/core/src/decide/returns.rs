//! Goods taken back.

use super::{check_reason, check_tenders, fits_a_record, points};
use crate::{
    Event, GoodsReturned, Now, PointsSpent, RETURN_LIMIT, Refusal, State, TakeGoodsBack, Tender,
    TenderKind, Unreturnable, price_return, quantities,
};

/// Takes goods of a sale back: of one that this terminal knows, whoever sold it.
pub(super) fn take_goods_back(
    state: &State,
    command: TakeGoodsBack,
    now: Now,
) -> Result<Event, Refusal> {
    let sale = command.sale;
    check_reason(&command.reason)?;
    let known = (state.sales.get(&sale)).ok_or(Refusal::SaleUnknown { sale })?;
    if known.voided {
        return Err(Refusal::AlreadyVoided { sale });
    }
    if known.returns.len() >= RETURN_LIMIT {
        return Err(Refusal::TooManyReturns);
    }
    let before = quantities(&known.returns);
    let priced = price_return(&known.sale, &before, &command.goods)?;
    let purse = |tender: &Tender| tender.kind == TenderKind::Purse || tender.purse.is_some();
    if command.tenders.iter().any(purse) {
        return Err(Refusal::ReturnTender);
    }
    points::none_named(&command.tenders)?;
    let mut tenders = command.tenders;
    if let Some((points, worth)) = priced.points {
        let parts = Vec::new();
        tenders.push(Tender::points(PointsSpent { points, parts }, worth));
    }
    check_tenders(&tenders, priced.total)?;
    fits_a_record(Event::GoodsReturned(Box::new(GoodsReturned {
        id: command.id,
        sale,
        lane: command.lane,
        cashier: command.cashier,
        approved_by: command.approved_by,
        reason: command.reason,
        at: now.at,
        date: now.date,
        lines: priced.lines,
        total: priced.total,
        tenders,
        customer: known.sale.customer.clone(),
        lots: priced.lots,
    })))
}

impl From<Unreturnable> for Refusal {
    fn from(why: Unreturnable) -> Self {
        match why {
            Unreturnable::Nothing => Self::NothingReturned,
            Unreturnable::NoSuchLine(line) => Self::NoSuchLine {
                line: line as usize + 1,
            },
            Unreturnable::MoreThanSold { line, left } => Self::MoreThanSold {
                line: line as usize + 1,
                left,
            },
        }
    }
}
