//! What a receipt says of goods that came back.

use super::{Paper, amount, head_of, tenders};
use tillside_core::{GoodsReturned, SaleCompleted, StoreProfile};

/// The slip of goods that came back.
pub fn return_slip(store: &StoreProfile, sale: &SaleCompleted, goods: &GoodsReturned) -> String {
    let mut paper = Paper::default();
    let till = format!("Till {}  {}", goods.lane, goods.cashier);
    head_of(&mut paper, store, goods.at, &till);
    paper.words(&format!(
        "Goods of sale {} of {}",
        crate::chance::sale_number(sale.sale),
        sale.date
    ));
    paper.rule('-');
    paper.centred("*** GOODS RETURNED ***");
    for line in &goods.lines {
        let count = format!("{} x {}", line.quantity, line.name);
        paper.pair(&count, &format!("-{}", amount(line.paid)));
    }
    paper.pair("PAID BACK", &goods.total.to_string());
    tenders(&mut paper, "Paid back: ", &goods.tenders, &[]);
    match goods.points() {
        0 => {}
        points => paper.pair("Points taken back", &points.to_string()),
    }
    paper.words(&format!("Reason: {}", goods.reason));
    paper.words(&format!(
        "Asked by {}, allowed by {}",
        goods.cashier, goods.approved_by
    ));
    paper.rule('=');
    paper.words(&goods.id.to_string());
    paper.0
}
