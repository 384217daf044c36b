//! Whatever a scanner reads, put where it belongs.

use super::basket::count;
use super::coupons::Shown;
use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::draft::CodeShown;
use super::find::Found;
use super::{Desk, Draft, TillError};
use crate::barcode::Scanned;
use crate::view::SaleView;
use serde::Serialize;
use tillside_core::gs1::ShownCoupon;
use tillside_core::{CardIdentity, Event, Line, MemberCode, Now, PersonId, Product, SaleId};

/// What a scan was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScanKind {
    /// A product: a line was added, or counted up.
    Line,
    /// A coupon: the message is the verdict.
    Coupon,
    /// A member's card.
    Card,
    /// Nothing this store knows; nothing was changed.
    Unknown,
}

/// The answer to a scan.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScanAnswer {
    kind: ScanKind,
    /// What the cashier reads.
    message: String,
    /// The line it went to, if it was a product.
    line: Option<usize>,
    /// How the sale stands.
    sale: SaleView,
}

/// What a scan did to an open sale.
struct Effect {
    kind: ScanKind,
    message: String,
    line: Option<usize>,
    events: Vec<Event>,
}

impl Desk {
    /// Puts a scanned code to the sale: a line, a coupon, a card, or nothing with words.
    ///
    /// # Errors
    /// If the code cannot be looked at, the sale is not open, or a limit would be passed.
    pub fn scan(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        person: PersonId,
        code: &str,
        quantity: Option<i64>,
    ) -> Result<Answer, TillError> {
        let scanned = Scanned::read(code)?;
        self.write(key, |desk, now| {
            let mut draft = desk.draft(sale)?;
            draft.changeable()?;
            let effect = match desk.find(&scanned)? {
                Found::Product(product) => add(&mut draft, &product, quantity)?,
                Found::Coupon(number) => desk.show_coupon(&mut draft, &number, person, now)?.into(),
                Found::Token(token) => desk.show_token(&mut draft, &token, person, now)?.into(),
                Found::Manufacturers(digits) => match ShownCoupon::new(&digits, sale) {
                    Ok(shown) => desk
                        .show_token(&mut draft, &(&shown).into(), person, now)?
                        .into(),
                    Err(error) => Effect::unknown(error.to_string()),
                },
                Found::Card(card) => desk.show_card(&mut draft, card)?,
                Found::Code(code) => desk.show_code(&mut draft, &code, now)?,
                Found::Nothing(message) => Effect::unknown(message),
            };
            desk.scanned(draft, effect, now)
        })
    }

    fn show_card(&mut self, draft: &mut Draft, card: CardIdentity) -> Result<Effect, TillError> {
        let member = self.member_of(&card)?;
        draft.card = Some(card);
        draft.code = None;
        Ok(Effect {
            kind: ScanKind::Card,
            message: super::customer::card_words(member.as_ref()),
            line: None,
            events: Vec::new(),
        })
    }

    /// A code counts once: it is on the disk as used before anything is done with it.
    fn show_code(
        &mut self,
        draft: &mut Draft,
        code: &MemberCode,
        now: Now,
    ) -> Result<Effect, TillError> {
        let accepted = self.store.accept_member_code(code, &draft.lane, now)?;
        let member = match accepted {
            Ok(member) => member,
            Err(why) => return Ok(Effect::unknown(why.to_string())),
        };
        draft.card = None;
        draft.code = Some(CodeShown { member, at: now.at });
        let known = self.store.member(&member)?;
        Ok(Effect {
            kind: ScanKind::Card,
            message: super::customer::card_words(known.as_ref()),
            line: None,
            events: Vec::new(),
        })
    }

    fn scanned(&mut self, draft: Draft, effect: Effect, now: Now) -> Result<Deed, TillError> {
        let answer = ScanAnswer {
            kind: effect.kind,
            message: effect.message,
            line: effect.line,
            sale: self.open_view(&draft, now)?,
        };
        let draft = DraftChange::Save(Box::new(draft));
        Ok(Deed::new(200, &answer, draft)?.with_facts(effect.events))
    }
}

/// Counts a line up that sells the same at the same price, or adds one.
fn add(draft: &mut Draft, product: &Product, quantity: Option<i64>) -> Result<Effect, TillError> {
    let quantity = count(quantity.unwrap_or(1))?;
    if quantity == 0 {
        return Err(TillError::ZeroQuantity);
    }
    let lines = &mut draft.basket.lines;
    let same = |line: &Line| line.item == product.item && line.unit_price == product.unit_price;
    let index = match lines.iter().position(same) {
        Some(index) => {
            lines[index].quantity = lines[index].quantity.saturating_add(quantity);
            index
        }
        None => {
            lines.push(Line {
                item: product.item.clone(),
                name: product.name.clone(),
                quantity,
                unit_price: product.unit_price,
                category: product.category.clone(),
                tax_class: product.tax_class.clone(),
            });
            lines.len() - 1
        }
    };
    Ok(Effect {
        kind: ScanKind::Line,
        message: format!("{}, {}", product.name, product.unit_price),
        line: Some(index),
        events: Vec::new(),
    })
}

impl Effect {
    fn unknown(message: String) -> Self {
        Self {
            kind: ScanKind::Unknown,
            message,
            line: None,
            events: Vec::new(),
        }
    }
}

impl From<Shown> for Effect {
    fn from(shown: Shown) -> Self {
        Self {
            kind: ScanKind::Coupon,
            message: format!("Coupon {}: {}", shown.number, shown.words),
            line: None,
            events: shown.events,
        }
    }
}
