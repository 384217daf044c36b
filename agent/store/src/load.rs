//! Loading what a decision looks at: the members, coupons, sales, purses and cards that a command names.

pub(crate) mod purse;

use crate::columns::{Id, RecordId};
use crate::counters;
use crate::error::{StoreError, Within};
use crate::journal::Finder;
use crate::reference::lookup::{find_member, held_elsewhere, listed, open_plan};
use crate::returned;
use crate::risk;
use crate::shares::{self, Looked};
use crate::{Store, Till};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use tillside_core::authority::{AllowanceId, CouponToken, Holder};
use tillside_core::gs1::ShownCoupon;
use tillside_core::{
    Assignment, CardIdentity, CouponNumber, CouponStanding, CouponUsed, Event, MemberId, PlanId,
    PurseTx, SaleId, SaleState, Setting, State, TerminalId, Timestamp, paid_with_points,
};

/// What a command names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Need {
    /// Members.
    pub members: Vec<MemberId>,
    /// Coupons, as they were shown.
    pub coupons: Vec<CouponNumber>,
    /// Signed and manufacturers' coupons among them: what was scanned, or is kept of it.
    pub tokens: Vec<String>,
    /// Sales: the one to complete (was it already?), to pay for or to void. Each brings every movement
    /// of its purses, and what gives back any of them.
    pub sales: Vec<SaleId>,
    /// Movements of purses. Each brings what it gives back, and what gives it back.
    pub purses: Vec<PurseTx>,
    /// Cards. Each brings its unsettled movements, balances that were carried over to it or from it,
    /// whether it is blocked, and how this terminal knows it.
    pub cards: Vec<CardIdentity>,
    /// All that the terminal may give by itself, and not only of campaigns and of those members and sales.
    pub shares: bool,
}

impl Store {
    /// What is known of the things a command names. Members, coupons and sales that nothing is known
    /// of are not in it.
    pub fn load(&self, need: &Need) -> Result<State, StoreError> {
        let till = self.enrolled()?;
        self.read(|conn| {
            let mut state = State {
                store: till.profile.profile.store.clone(),
                terminal: till.profile.terminal,
                rules: till.reference.rules.clone(),
                setting: Setting {
                    counters: counters::used(conn, till, &need.members)?,
                    ..Setting::new(till.profile.lane.clone(), till.zone.clone())
                },
                members: BTreeMap::new(),
                coupons: BTreeMap::new(),
                tokens: BTreeMap::new(),
                sales: BTreeMap::new(),
                purses: BTreeMap::new(),
                purse: purse::terms(conn, till, need)?,
                holder: Holder::new(till.profile.terminal, till.head.epoch),
                risk: BTreeMap::new(),
            };
            purse::movements(conn, need, &mut state.purses)?;
            for &id in &need.members {
                if let Some(member) = find_member(conn, &till.reference, id)? {
                    state.members.insert(id, member);
                }
            }
            for text in &need.tokens {
                // What cannot be read stands for no coupon; whether the rest is good the core decides.
                if let Some(shown) = ShownCoupon::read(text) {
                    let issuer = &shown.coupon().issuer;
                    if let Some(plan) = till.reference.rules.plan_of_company(issuer) {
                        risks(conn, &plan.plan, &mut state)?;
                    }
                    state.tokens.insert(shown.number(), text.clone());
                } else if let Ok(id) = CouponToken::claimed(text) {
                    state.tokens.insert(id.number(), text.clone());
                }
            }
            for number in &need.coupons {
                if let Some(standing) = standing(conn, till, number)? {
                    if let Assignment::Anywhere { plan } = &standing.assignment {
                        risks(conn, plan, &mut state)?;
                    }
                    state.coupons.insert(number.clone(), standing);
                }
            }
            for &id in &need.sales {
                if let Some(sale) = sale(conn, id)? {
                    state.sales.insert(id, sale);
                }
            }
            let sold = state.sales.values().map(|known| &known.sale);
            let points = sold.filter_map(|sale| Some(paid_with_points(sale)?.1));
            let parts = points.flat_map(|spent| &spent.parts);
            let ids: Vec<AllowanceId> = parts.map(|part| part.allowance).collect();
            let looked = match need.shares {
                true => Looked::All,
                false => Looked::For(&need.members, &ids),
            };
            state.holder = shares::holder(conn, till, &looked)?;
            Ok(state)
        })
    }

    /// A completed sale.
    pub fn sale(&self, sale: SaleId) -> Result<Option<SaleState>, StoreError> {
        self.read(|conn| self::sale(conn, sale))
    }
}

/// What was taken of a plan at this till's risk, once.
fn risks(conn: &Connection, plan: &PlanId, state: &mut State) -> Within<()> {
    if !state.risk.contains_key(plan) {
        let uses = risk::unconfirmed(conn, plan)?;
        state.risk.insert(plan.clone(), uses);
    }
    Ok(())
}

fn standing(
    conn: &Connection,
    till: &Till,
    number: &CouponNumber,
) -> Within<Option<CouponStanding>> {
    let own = own_use(conn, till, number)?;
    let open = open_plan(conn, number)?;
    let (assignment, elsewhere_used) = match listed(conn, number)? {
        Some(coupon) => {
            let assignment = match (coupon.plan, holder(till)) {
                (None, _) => Assignment::Revoked,
                // Of numbers that no store holds a bundle lists only the uses.
                (Some(plan), _) if open.as_ref() == Some(&plan) => Assignment::Anywhere { plan },
                (Some(plan), Some(holder)) if holder == till.profile.terminal => {
                    Assignment::Here { plan }
                }
                (Some(_), Some(terminal)) => Assignment::OtherTill { terminal },
                // Nobody may burn it yet.
                (Some(_), None) => Assignment::NotIssued,
            };
            (assignment, coupon.used)
        }
        None => match (open, held_elsewhere(conn, number)?) {
            (Some(plan), _) => (Assignment::Anywhere { plan }, None),
            (None, Some(store)) => (Assignment::OtherStore { store }, None),
            (None, None) => (Assignment::NotIssued, None),
        },
    };
    let used = match own {
        Some(used) => Some(used),
        None => still_used(conn, till, elsewhere_used)?,
    };
    let known = used.is_some() || assignment != Assignment::NotIssued;
    Ok(known.then_some(CouponStanding { assignment, used }))
}

/// Who alone may burn the store's numbers.
pub(crate) fn holder(till: &Till) -> Option<TerminalId> {
    let enrolled_as = till.profile.coupon_holder.then_some(till.profile.terminal);
    till.reference.holder.or(enrolled_as)
}

/// The use of a number that stands in this terminal's own journal.
fn own_use(conn: &Connection, till: &Till, number: &CouponNumber) -> Within<Option<CouponUsed>> {
    let found = conn
        .prepare_cached(
            "SELECT u.sale, s.at FROM coupon_uses AS u JOIN sales AS s ON s.sale = u.sale
             WHERE u.number = ?1 AND u.voided_by = 0",
        )?
        .query_row([number.as_str()], |row| {
            Ok(CouponUsed {
                at: Timestamp(row.get(1)?),
                store: till.profile.profile.store.clone(),
                terminal: till.profile.terminal,
                sale: SaleId::new(row.get::<_, Id>(0)?.0),
            })
        })
        .optional()?;
    Ok(found)
}

/// A use that HQ knows of, unless it was here and has been voided since.
fn still_used(
    conn: &Connection,
    till: &Till,
    used: Option<CouponUsed>,
) -> Within<Option<CouponUsed>> {
    let Some(used) = used else { return Ok(None) };
    if used.terminal != till.profile.terminal {
        return Ok(Some(used));
    }
    let voided = conn
        .prepare_cached("SELECT 1 FROM sales WHERE sale = ?1 AND voided_by IS NOT NULL")?
        .exists([Id(used.sale.uuid())])?;
    Ok((!voided).then_some(used))
}

fn sale(conn: &Connection, id_of: SaleId) -> Within<Option<SaleState>> {
    let found: Option<(RecordId, bool)> = conn
        .prepare_cached("SELECT id, voided_by IS NOT NULL FROM sales WHERE sale = ?1")?
        .query_row([Id(id_of.uuid())], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, voided)) = found else {
        return Ok(None);
    };
    match Finder::new(conn)?.record(id)?.event {
        Event::SaleCompleted(sale) => Ok(Some(SaleState {
            sale: *sale,
            voided,
            returns: returned::of_sale(conn, id_of)?,
        })),
        _ => Ok(None),
    }
}
