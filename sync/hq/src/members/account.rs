//! A member's account as lots: what of the points is active, pending, expired or owed.
//!
//! The fold of what the ledger of points booked, in the order in which it *happened*: each fact at the time
//! that its record bears, or at which HQ took it if that is earlier (a till's clock that is ahead moves
//! nothing into the future), and a void never before its sale. So a till that was in the dark tells nothing
//! too late: what it gave or took counts as of then. What the ledger booked as expired is no part of the fold, for
//! it was booked out of it; [`super::expiry`] holds the one against the other.
//!
//! Pure, and it decides nothing about what is booked: reading the book is left to the store.

use super::adjust::Adjustment;
use std::collections::{BTreeMap, HashMap};
use tillside_core::lots::{
    Adjusted, Charge, Ledger, Lot as Held, LotId, LotKind, LotsCommand, LotsRefusal, RecordRef,
    ReturnedGoods,
};
use tillside_core::{
    CodeError, FunderId, GoodsReturned, Lot, MemberId, PersonId, Points, Quantities, SaleCompleted,
    SaleId, TerminalId, Timestamp, worth_back, worth_of,
};

/// Something that the ledger booked in an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The record that caused it; of HQ itself where none did.
    pub source: RecordRef,
    /// When it happened, and not after HQ booked it.
    pub at: Timestamp,
    /// What it was.
    pub kind: EntryKind,
}

/// What was booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A sale gave its lots.
    Earned(Box<SaleCompleted>),
    /// A void took these lots back.
    Voided(Vec<Lot>),
    /// Goods of a sale came back, and so many points with them.
    Returned(Box<GoodsReturned>, Points),
    /// The member came with so many points, below zero if some were owed.
    Opening(Points),
    /// A person gave points, or took them.
    Adjusted(Adjustment),
    /// So many paid for a sale.
    Spent(SaleId, Points),
    /// So many of those came back, with a void or with goods.
    Unspent(SaleId, Points),
}

/// A member's account, at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberAccount {
    /// Who.
    pub member: MemberId,
    /// What the ledger of points says.
    pub in_book: Points,
    /// What the ledger booked as expired, by lot; what it took back again is off.
    pub expired: BTreeMap<LotId, Points>,
    /// The account as lots.
    pub lots: Ledger,
}

impl MemberAccount {
    /// Whether an adjustment can be made now.
    pub fn allows(&self, adjustment: &Adjustment, now: Timestamp) -> Result<(), LotsRefusal> {
        let by = hq().map_err(|_| LotsRefusal::BadReason)?;
        let next = of_hq(u64::MAX);
        let command = adjustment.command(self.member, &by, (next, now), false);
        self.lots.decide(command, now).map(drop)
    }

    /// Whether the lots come to what the ledger of points says, with what expired and is not booked yet.
    pub fn agrees(&self, at: Timestamp) -> bool {
        let has = self.lots.balance(at);
        let booked: Points = self.expired.values().copied().sum();
        has.available() + has.pending + has.expired - booked == self.in_book
    }
}

/// Who books what nobody on record did.
pub(crate) fn hq() -> Result<PersonId, CodeError> {
    PersonId::new("hq")
}

/// The record that stands for a booking of HQ's own.
pub fn of_hq(movement: u64) -> RecordRef {
    RecordRef {
        terminal: TerminalId::new(uuid::Uuid::nil()),
        epoch: 0,
        seq: movement,
    }
}

/// Folds what was booked for a member, in the order of booking, up to now. `opening` stands in as the funder
/// of points that nobody on record pays for, `by` as who booked them.
pub fn fold(
    member: MemberId,
    mut entries: Vec<Entry>,
    opening: &FunderId,
    by: &PersonId,
    now: Timestamp,
) -> Result<Ledger, LotsRefusal> {
    put_in_order(&mut entries);
    let mut account = Fold {
        member,
        opening,
        by,
        ledger: Ledger::default(),
        earned: HashMap::new(),
        sold: HashMap::new(),
        spent: HashMap::new(),
    };
    for entry in &entries {
        account.take_in(entry)?;
    }
    account.does(LotsCommand::Run, now)?;
    Ok(account.ledger)
}

/// From the order of booking into the order in which things happened.
fn put_in_order(entries: &mut [Entry]) {
    let mut sold: HashMap<SaleId, Timestamp> = HashMap::new();
    for entry in entries.iter_mut() {
        match &entry.kind {
            EntryKind::Earned(sale) => {
                sold.insert(sale.sale, entry.at);
            }
            EntryKind::Returned(goods, _) => {
                entry.at = sold
                    .get(&goods.sale)
                    .copied()
                    .map_or(entry.at, |at| at.max(entry.at));
            }
            EntryKind::Voided(lots) => {
                let sales = lots.iter().filter_map(|lot| sold.get(&lot.sale));
                entry.at = sales.copied().fold(entry.at, Ord::max);
            }
            EntryKind::Spent(sale, _) => {
                sold.insert(*sale, entry.at);
            }
            EntryKind::Unspent(sale, _) => {
                let at = sold.get(sale).copied();
                entry.at = at.map_or(entry.at, |at| at.max(entry.at));
            }
            EntryKind::Opening(_) | EntryKind::Adjusted(_) => {}
        }
    }
    entries.sort_by_key(|entry| entry.at);
}

struct Fold<'a> {
    member: MemberId,
    opening: &'a FunderId,
    by: &'a PersonId,
    ledger: Ledger,
    /// The lots of this account by sale and place there, with the worth they were earned on.
    earned: HashMap<(SaleId, u32), (LotId, i64)>,
    /// Sales that gave points here, and what of them is back.
    sold: HashMap<SaleId, (&'a SaleCompleted, Quantities)>,
    /// Sales that points of this account paid for, by the record.
    spent: HashMap<SaleId, RecordRef>,
}

impl<'a> Fold<'a> {
    fn does(&mut self, command: LotsCommand, at: Timestamp) -> Result<(), LotsRefusal> {
        let movements = self.ledger.decide(command, at)?;
        movements.iter().for_each(|done| self.ledger.apply(done));
        Ok(())
    }

    fn take_in(&mut self, entry: &'a Entry) -> Result<(), LotsRefusal> {
        match &entry.kind {
            EntryKind::Earned(sale) => self.earn(entry, sale),
            EntryKind::Voided(lots) => self.void(entry, lots),
            EntryKind::Returned(goods, points) => self.returned(entry, goods, *points),
            EntryKind::Adjusted(adjustment) => {
                let here = (entry.source, entry.at);
                let command = adjustment.command(self.member, self.by, here, true);
                self.does(command, entry.at)
            }
            EntryKind::Spent(sale, points) => self.spend(entry, *sale, *points),
            EntryKind::Unspent(sale, points) => self.unspend(entry, *sale, *points),
            EntryKind::Opening(points) if points.0 > 0 => self.grant(entry, *points),
            EntryKind::Opening(points) => {
                self.withdraw(entry, Points(points.0.saturating_neg()), "opening balance")
            }
        }
    }

    fn earn(&mut self, entry: &Entry, sale: &'a SaleCompleted) -> Result<(), LotsRefusal> {
        let mut held = Vec::with_capacity(sale.lots.len());
        for lot in &sale.lots {
            let id = LotId {
                source: entry.source,
                index: lot.index,
            };
            let basis = worth_of(sale, lot);
            self.earned.insert((lot.sale, lot.index), (id, basis));
            held.push(Held {
                id,
                member: self.member,
                funder: lot.funder.clone(),
                amount: lot.amount,
                pending_until: lot.pending_until,
                expires_at: lot.expires_on.and_then(end_of),
                basis,
                kind: LotKind::Earned,
            });
        }
        self.sold.insert(sale.sale, (sale, Quantities::new()));
        self.does(LotsCommand::Earn { lots: held }, entry.at)
    }

    /// What was earned in this account goes back to the last point; what was not (the card was somebody
    /// else's then) is owed.
    fn void(&mut self, entry: &Entry, lots: &[Lot]) -> Result<(), LotsRefusal> {
        let mut goods = Vec::new();
        let mut elsewhere = Points(0);
        for lot in lots {
            match self.earned.get(&(lot.sale, lot.index)) {
                Some(&(lot, worth)) => goods.push(ReturnedGoods { lot, worth }),
                None => elsewhere += lot.amount,
            }
        }
        if !goods.is_empty() {
            self.does(LotsCommand::Return { goods }, entry.at)?;
        }
        self.withdraw(
            entry,
            elsewhere,
            "void of a sale that another member earned on",
        )
    }

    /// As goods come back, so does the part of each lot that they had earned; what was earned in another
    /// account is owed.
    fn returned(
        &mut self,
        entry: &Entry,
        back: &GoodsReturned,
        points: Points,
    ) -> Result<(), LotsRefusal> {
        let Some((sale, before)) = self.sold.get_mut(&back.sale) else {
            let why = "return of a sale that another member earned on";
            return self.withdraw(entry, points, why);
        };
        let mut after = before.clone();
        for line in &back.lines {
            *after.entry(line.line).or_default() += line.quantity;
        }
        let goods: Vec<ReturnedGoods> = (sale.lots.iter())
            .filter_map(|lot| {
                let (id, _) = self.earned.get(&(lot.sale, lot.index))?;
                let worth = worth_back(sale, lot, &after) - worth_back(sale, lot, before);
                (worth > 0).then_some(ReturnedGoods { lot: *id, worth })
            })
            .collect();
        *before = after;
        match goods.is_empty() {
            true => Ok(()),
            false => self.does(LotsCommand::Return { goods }, entry.at),
        }
    }

    /// What paid was let to the till out of what could be spent; what a lot lost since, goods that went back
    /// or a day that passed, the member owes.
    fn spend(&mut self, entry: &Entry, sale: SaleId, amount: Points) -> Result<(), LotsRefusal> {
        self.spent.insert(sale, entry.source);
        let beyond = Some(Charge {
            member: self.member,
            funder: self.opening.clone(),
        });
        let id = entry.source;
        self.does(LotsCommand::Spend { id, amount, beyond }, entry.at)
    }

    /// Points go back to the lots they came from.
    fn unspend(&mut self, entry: &Entry, sale: SaleId, amount: Points) -> Result<(), LotsRefusal> {
        match self.spent.get(&sale) {
            Some(&id) => self.does(LotsCommand::Release { id, amount }, entry.at),
            // They were another account's when they paid.
            None => self.grant(entry, amount),
        }
    }

    fn grant(&mut self, entry: &Entry, amount: Points) -> Result<(), LotsRefusal> {
        let lot = Held {
            id: LotId {
                source: entry.source,
                index: 0,
            },
            member: self.member,
            funder: self.opening.clone(),
            amount,
            pending_until: entry.at,
            expires_at: None,
            basis: 0,
            kind: LotKind::Granted,
        };
        let adjusted = self.adjusted("opening balance");
        self.does(LotsCommand::Grant { lot, adjusted }, entry.at)
    }

    fn withdraw(&mut self, entry: &Entry, amount: Points, why: &str) -> Result<(), LotsRefusal> {
        if amount.0 == 0 {
            return Ok(());
        }
        let beyond = Some(Charge {
            member: self.member,
            funder: self.opening.clone(),
        });
        let command = LotsCommand::Withdraw {
            id: entry.source,
            amount,
            beyond,
            adjusted: self.adjusted(why),
        };
        self.does(command, entry.at)
    }

    fn adjusted(&self, reason: &str) -> Adjusted {
        Adjusted {
            by: self.by.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// The clock that is behind all others on earth.
pub(super) const WESTERNMOST: jiff::tz::Offset = jiff::tz::offset(-12);

/// When a day is over everywhere on earth: at the westernmost clock. A day past the calendar's end never is.
pub fn end_of(day: jiff::civil::Date) -> Option<Timestamp> {
    let west = jiff::tz::TimeZone::fixed(WESTERNMOST);
    let end = day.tomorrow().ok()?.to_zoned(west).ok()?;
    Some(Timestamp(end.timestamp().as_millisecond()))
}
