//! The receipt as text, 40 columns. A receipt is made only of what the journal has (invariant 1), so
//! printing it again gives the same text.

mod returned;

pub use returned::return_slip;

use crate::chance::sale_number;
use jiff::tz::TimeZone;
use tillside_core::{
    CardIdentity, Money, PurseAction, PurseIntended, PurseKind, PurseTx, SaleCompleted, SaleVoided,
    StoreProfile, Tender, TenderKind, Timestamp,
};

/// Characters a line has.
pub const COLUMNS: usize = 40;

/// A payment by e-money as a receipt names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaidByCard {
    /// The movement.
    pub txid: PurseTx,
    /// The last four characters of the card.
    pub card_end: String,
    /// What the card held afterwards, if it said so.
    pub balance: Option<Money>,
    /// Whether it was the account at HQ.
    pub account: bool,
}

/// The receipt of a paid sale; with `voided`, of a sale that was taken back. `paid` says more of its
/// payments by e-money.
pub fn receipt(
    store: &StoreProfile,
    sale: &SaleCompleted,
    voided: Option<&SaleVoided>,
    paid: &[PaidByCard],
) -> String {
    let mut paper = Paper::default();
    head(&mut paper, store, sale);
    for line in &sale.lines {
        paper.words(&line.name);
        let count = format!("  {} x {}", line.quantity, amount(line.unit_price));
        let sum = line.subtotal().map(amount).unwrap_or_default();
        paper.pair(&count, &sum);
    }
    paper.rule('-');
    if !sale.discounts.is_empty() || !sale.promotions.is_empty() {
        paper.pair("Subtotal", &amount(sale.subtotal));
    }
    for discount in &sale.discounts {
        paper.pair(
            &format!("Coupon {}", discount.coupon),
            &format!("-{}", amount(discount.amount)),
        );
        paper.indented(&discount.why);
    }
    for promotion in &sale.promotions {
        paper.pair("Offer", &format!("-{}", amount(promotion.amount)));
        paper.indented(&promotion.why);
    }
    paper.pair("TOTAL", &sale.total.to_string());
    tenders(&mut paper, "", &sale.tenders, paid);
    points(&mut paper, sale);
    if let Some(void) = voided {
        take_back(&mut paper, sale, void, paid);
    }
    paper.rule('=');
    if sale.rules > 0 {
        paper.words(&format!("Decided by rules version {}", sale.rules));
    }
    paper.words(&sale.sale.to_string());
    paper.0
}

fn head(paper: &mut Paper, store: &StoreProfile, sale: &SaleCompleted) {
    let till = format!("Till {}  {}", sale.lane, sale.cashier);
    head_of(paper, store, sale.at, &till);
    paper.words(&format!("Receipt {}", sale_number(sale.sale)));
    paper.rule('-');
}

fn head_of(paper: &mut Paper, store: &StoreProfile, at: Timestamp, till: &str) {
    paper.centred(&store.name);
    paper.rule('=');
    paper.pair(&local_minute(at, &store.time_zone), till);
}

fn tenders(paper: &mut Paper, prefix: &str, tenders: &[Tender], paid: &[PaidByCard]) {
    for tender in tenders {
        let by = paid.iter().find(|by| tender.purse == Some(by.txid));
        let kind = match (tender.kind, by) {
            (TenderKind::Cash, _) => "Cash".to_owned(),
            (TenderKind::Card, _) => "Card".to_owned(),
            (TenderKind::Purse, Some(by)) if by.account => "Account".to_owned(),
            (TenderKind::Purse, Some(by)) => format!("E-money ****{}", by.card_end),
            (TenderKind::Purse, None) => "E-money".to_owned(),
            (TenderKind::Points, _) => match &tender.points {
                Some(spent) => format!("{} points", spent.points.0),
                None => "Points".to_owned(),
            },
            _ => "Other".to_owned(),
        };
        paper.pair(&format!("{prefix}{kind}"), &amount(tender.amount));
        if prefix.is_empty()
            && let Some(left) = by.and_then(|by| by.balance)
        {
            paper.pair("  left on it", &amount(left));
        }
    }
}

/// The receipt of a movement of a purse that is no sale's: a top-up, a refund, a restored balance.
pub fn purse_receipt(
    store: &StoreProfile,
    intended: &PurseIntended,
    after: Option<Money>,
) -> String {
    let mut paper = Paper::default();
    paper.centred(&store.name);
    paper.rule('=');
    let till = format!("Till {}  {}", intended.lane, intended.cashier);
    paper.pair(&local_minute(intended.at, &store.time_zone), &till);
    paper.rule('-');
    let what = match intended.action {
        PurseAction::TopUp { .. } => "Top-up",
        PurseAction::Void { .. } | PurseAction::Refund { .. } => "Refund to the card",
        PurseAction::Restore { .. } => "Balance of a lost card",
        _ => "Payment",
    };
    paper.pair(what, &intended.amount.to_string());
    if let PurseAction::TopUp { tender } = intended.action {
        let paid = match tender {
            TenderKind::Cash => "Paid in cash",
            TenderKind::Card => "Paid by bank card",
            _ => "Paid",
        };
        paper.pair(paid, &amount(intended.amount));
    }
    paper.words(&format!("Card {}", masked(&intended.card)));
    if let Some(after) = after {
        let holds = match intended.kind {
            PurseKind::Account => "The account holds",
            _ => "The card holds",
        };
        paper.pair(holds, &after.to_string());
    }
    paper.rule('=');
    paper.words(&intended.txid.to_string());
    paper.0
}

fn points(paper: &mut Paper, sale: &SaleCompleted) {
    let Some(customer) = &sale.customer else {
        return;
    };
    paper.rule('-');
    let card = customer.card.as_ref().map(masked).unwrap_or_default();
    let earned: i64 = sale.awards.iter().map(|award| award.points.0).sum();
    paper.pair("Points earned", &earned.to_string());
    for award in &sale.awards {
        paper.indented(&award.why);
    }
    paper.words(&format!("Member card {card}"));
}

fn take_back(paper: &mut Paper, sale: &SaleCompleted, void: &SaleVoided, paid: &[PaidByCard]) {
    paper.rule('=');
    paper.centred("*** SALE VOIDED ***");
    paper.words(&format!("Reason: {}", void.reason));
    tenders(paper, "Paid back: ", &void.tenders, paid);
    let lots: i64 = void.lots.iter().map(|lot| lot.amount.0).sum();
    if lots != 0 {
        paper.pair("Points taken back", &lots.to_string());
    }
    for coupon in &void.coupons {
        paper.words(&format!("Coupon {coupon} may be used again"));
    }
    let allowed = format!("Asked by {}, allowed by {}", void.cashier, void.approved_by);
    paper.words(&allowed);
    debug_assert_eq!(void.sale, sale.sale);
}

/// The last four characters of a card, as a receipt may show them.
fn masked(card: &CardIdentity) -> String {
    let text = card.as_str();
    let end: String = text
        .chars()
        .skip(text.chars().count().saturating_sub(4))
        .collect();
    format!("****{end}")
}

/// An amount without its currency, which the total line names.
fn amount(money: Money) -> String {
    let text = money.to_string();
    match text.split_once(' ') {
        Some((digits, _)) => digits.to_owned(),
        None => text,
    }
}

/// `2026-11-22 14:02` in a store's time zone; UTC, and said so, where the zone is unknown.
pub fn local_minute(at: Timestamp, time_zone: &str) -> String {
    let (zone, mark) = match TimeZone::get(time_zone) {
        Ok(zone) => (zone, ""),
        Err(_) => (TimeZone::UTC, " UTC"),
    };
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => format!("{}{mark}", moment.to_zoned(zone).strftime("%Y-%m-%d %H:%M")),
        Err(_) => "time unknown".to_owned(),
    }
}

/// A receipt in the making.
#[derive(Default)]
struct Paper(String);

impl Paper {
    fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    fn rule(&mut self, stroke: char) {
        self.line(&stroke.to_string().repeat(COLUMNS));
    }

    fn centred(&mut self, text: &str) {
        for part in wrapped(text, COLUMNS) {
            let room = COLUMNS - part.chars().count();
            self.line(&format!("{}{part}", " ".repeat(room / 2)));
        }
    }

    fn words(&mut self, text: &str) {
        wrapped(text, COLUMNS)
            .iter()
            .for_each(|part| self.line(part));
    }

    fn indented(&mut self, text: &str) {
        for part in wrapped(text, COLUMNS - 2) {
            self.line(&format!("  {part}"));
        }
    }

    /// Words at the left, an amount at the right; on two lines where one is too short.
    fn pair(&mut self, left: &str, right: &str) {
        let (wide, need) = (left.chars().count(), right.chars().count() + 1);
        if wide + need <= COLUMNS {
            return self.line(&format!("{left}{right:>room$}", room = COLUMNS - wide));
        }
        self.words(left);
        self.line(&format!("{right:>COLUMNS$}"));
    }
}

/// Breaks a text at blanks into lines of at most `width` characters; longer words are cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(width) {
            let piece: String = piece.iter().collect();
            let last = lines.last_mut().map(|line| (line.chars().count(), line));
            match last {
                Some((0, line)) => line.push_str(&piece),
                Some((used, line)) if used + 1 + piece.chars().count() <= width => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests;
