//! The walk through the journals.

use super::report::{Difference, ReplayReport, Sums};
use super::{ReplayStore, ReplayTerminal};
use crate::store::StoreError;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use tillside_core::engine::{Document, DocumentError};
use tillside_core::{
    Event, Given, Head, MemberId, Record, Replay, RiskFault, RuleBook, SaleCompleted, SaleId,
    SaleVoided, StoreId, TierId, check_risks, risk_bundles,
};

/// Records that are read at once.
const PAGE: usize = 1_000;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Other rules to try; none: only whether the stores decided by theirs.
    pub rules: Option<Document>,
    /// The first business day; none: from the beginning.
    pub from: Option<Date>,
    /// The last business day; none: up to now.
    pub to: Option<Date>,
    /// One store; none: all.
    pub store: Option<StoreId>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The other rules contradict each other or pass a limit.
    #[error("the rules cannot be used")]
    Rules(#[source] DocumentError),
    /// The first day is after the last.
    #[error("the first day, {from}, is after the last, {to}")]
    Days {
        /// The first.
        from: Date,
        /// The last.
        to: Date,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides past sales again. `progress` hears, now and then, how many records were looked at.
pub async fn replay(
    store: &(impl ReplayStore + ?Sized),
    asked: Asked,
    mut progress: impl FnMut(u64),
) -> Result<ReplayReport, ReplayError> {
    if let (Some(from), Some(to)) = (asked.from, asked.to)
        && from > to
    {
        return Err(ReplayError::Days { from, to });
    }
    let other = match &asked.rules {
        Some(document) => {
            let book = RuleBook::of(u64::MAX, document).map_err(ReplayError::Rules)?;
            Some(Arc::new(book))
        }
        None => None,
    };
    let mut walk = Walk {
        store,
        other,
        from: asked.from.unwrap_or(Date::MIN),
        to: asked.to.unwrap_or(Date::MAX),
        books: BTreeMap::new(),
        report: ReplayReport::default(),
    };
    let mut looked_at = 0;
    for terminal in store.replay_terminals(asked.store).await? {
        let mut till = Till::new(&terminal);
        let mut forks = Forks::of(store.replay_forks(terminal.terminal).await?, &till);
        let mut after = (0, 0);
        loop {
            let page = store.replay_page(terminal.terminal, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.epoch, last.seq);
            looked_at += page.len() as u64;
            for record in &page {
                // What HQ could not read when it came is a case there, and no sale.
                let read = serde_json::from_str::<Record>(&record.body);
                match read.map(|record| record.event) {
                    Ok(Event::EpochBegan { .. }) => till = forks.begin(record.epoch, till),
                    Ok(Event::SaleCompleted(sale)) if forks.tells_again(&sale) => {
                        till.recounts(&sale);
                    }
                    Ok(Event::SaleCompleted(sale)) => {
                        walk.sale(&terminal, &mut till, *sale).await?;
                    }
                    Ok(Event::SaleVoided(void)) => walk.void(&terminal, &mut till, &void),
                    _ => {}
                }
                forks.pass((record.epoch, record.seq), &till);
            }
            progress(looked_at);
        }
    }
    Ok(walk.report)
}

struct Walk<'s, S: ?Sized> {
    store: &'s S,
    other: Option<Arc<RuleBook>>,
    from: Date,
    to: Date,
    /// The rules of bundles, as far as they are known.
    books: BTreeMap<u64, Option<Arc<RuleBook>>>,
    report: ReplayReport,
}

/// What a terminal had counted where its later epochs go on from.
struct Forks {
    states: Vec<(u32, Head, Till)>,
    /// The sales that were judged, where one may come in more than one epoch.
    judged: HashSet<SaleId>,
}

impl Forks {
    fn of(forks: Vec<(u32, Head)>, fresh: &Till) -> Self {
        let states = forks.into_iter();
        let states = states.map(|(epoch, from)| (epoch, from, fresh.clone()));
        Self {
            states: states.collect(),
            judged: HashSet::new(),
        }
    }

    /// Whether the sale came in an earlier epoch too.
    fn tells_again(&mut self, sale: &SaleCompleted) -> bool {
        !self.states.is_empty() && !self.judged.insert(sale.sale)
    }

    /// The walk has come past a record.
    fn pass(&mut self, (epoch, seq): (u32, u64), till: &Till) {
        for (_, from, state) in &mut self.states {
            if (from.epoch, from.seq) == (epoch, seq) {
                state.clone_from(till);
            }
        }
    }

    /// The state in which an epoch begins; others may go on from its very beginning.
    fn begin(&mut self, epoch: u32, otherwise: Till) -> Till {
        let known = self.states.iter().find(|(of, ..)| *of == epoch);
        let state = known.map_or(otherwise, |(.., state)| state.clone());
        self.pass((epoch, 0), &state);
        state
    }
}

/// A terminal twice: as it counted, and as it would have.
#[derive(Clone)]
struct Till {
    recorded: Replay,
    other: Replay,
    day: Date,
    /// The day's sales, which may yet be voided, with what other rules give them. Whether it counts.
    today: BTreeMap<SaleId, (SaleCompleted, Given, bool)>,
}

impl Till {
    fn new(terminal: &ReplayTerminal) -> Self {
        let ReplayTerminal {
            terminal,
            store,
            lane,
            zone,
        } = terminal.clone();
        let fresh = Replay::new(store, terminal, lane, zone);
        Self {
            recorded: fresh.clone(),
            other: fresh,
            day: Date::MIN,
            today: BTreeMap::new(),
        }
    }
}

impl Till {
    /// A sale that was judged already, in another epoch.
    fn recounts(&mut self, sale: &SaleCompleted) {
        let member = member_of(sale);
        self.recorded.count(member, sale.date, &sale.counted);
        self.other.count(member, sale.date, &sale.counted);
    }
}

impl<S: ReplayStore + ?Sized> Walk<'_, S> {
    async fn sale(
        &mut self,
        terminal: &ReplayTerminal,
        till: &mut Till,
        sale: SaleCompleted,
    ) -> Result<(), StoreError> {
        if till.day != sale.date {
            till.day = sale.date;
            till.today.clear();
        }
        let member = member_of(&sale);
        let mut given = Given::recorded(&sale);
        let mut counts = (self.from..=self.to).contains(&sale.date);
        if counts {
            let book = self.book(sale.rules).await?;
            let tier = self.tier(terminal, member, sale.rules).await?;
            let risk = self.risk(&sale).await?;
            match &book {
                Some(book) => self.compare(terminal, till, &sale, (book, tier.clone(), risk)),
                None => self.report.not_comparable += 1,
            }
            if let Some(other) = &self.other {
                let plans = book.as_ref().unwrap_or(other);
                match till.other.decide(&sale, other, plans, tier) {
                    Ok(after) => given = after,
                    Err(_) => {
                        counts = false;
                        self.report.refused += 1;
                    }
                }
            }
        }
        till.recorded.count(member, sale.date, &sale.counted);
        till.other.count(member, sale.date, &given.counted);
        if counts && self.other.is_some() {
            self.report.stands(&terminal.store, &sale, &given, 1);
        }
        till.today.insert(sale.sale, (sale, given, counts));
        Ok(())
    }

    fn compare(
        &mut self,
        terminal: &ReplayTerminal,
        till: &mut Till,
        sale: &SaleCompleted,
        (book, tier, risk): (&Arc<RuleBook>, Option<TierId>, Option<RiskFault>),
    ) {
        self.report.compared += 1;
        let recorded = Given::recorded(sale);
        let (again, why) = match till.recorded.decide(sale, book, book, tier) {
            Ok(given) if given.agrees(&recorded) && risk.is_none() => return,
            Ok(given) => (given, risk.map(|fault| fault.to_string())),
            Err(refusal) => (Given::default(), Some(refusal.to_string())),
        };
        self.report.differs(Difference {
            sale: sale.sale,
            store: terminal.store.clone(),
            terminal: terminal.terminal,
            bundle: sale.rules,
            recorded: Sums::of(sale, &recorded),
            again: Sums::of(sale, &again),
            why,
        });
    }

    /// Why a coupon cannot have been taken at the till's own risk; none too where the rules are not kept.
    async fn risk(&mut self, sale: &SaleCompleted) -> Result<Option<RiskFault>, StoreError> {
        for bundle in risk_bundles(sale) {
            let judged = self
                .book(bundle)
                .await?
                .map(|book| check_risks(sale, &book));
            if let Some(Err(fault)) = judged {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    fn void(&mut self, terminal: &ReplayTerminal, till: &mut Till, void: &SaleVoided) {
        let member = void.customer.as_ref().and_then(|customer| customer.member);
        till.recorded.count_back(member, void.date, &void.counted);
        let Some((sale, given, counts)) = till.today.remove(&void.sale) else {
            till.other.count_back(member, void.date, &void.counted);
            return;
        };
        till.other.count_back(member, sale.date, &given.counted);
        if counts && self.other.is_some() {
            self.report.stands(&terminal.store, &sale, &given, -1);
        }
    }

    async fn book(&mut self, version: u64) -> Result<Option<Arc<RuleBook>>, StoreError> {
        if let Some(book) = self.books.get(&version) {
            return Ok(book.clone());
        }
        let document = match version {
            // Before its first bundle a till has no rules.
            0 => Some(Document::empty()),
            version => self.store.rules_of_bundle(version).await?,
        };
        // It was compiled when it was published.
        let book = document.and_then(|document| RuleBook::of(version, &document).ok());
        let book = book.map(Arc::new);
        self.books.insert(version, book.clone());
        Ok(book)
    }

    async fn tier(
        &self,
        terminal: &ReplayTerminal,
        member: Option<MemberId>,
        version: u64,
    ) -> Result<Option<TierId>, StoreError> {
        match member {
            Some(member) => {
                let store = terminal.store.clone();
                self.store.told_tier(store, member, version).await
            }
            None => Ok(None),
        }
    }
}

fn member_of(sale: &SaleCompleted) -> Option<MemberId> {
    sale.customer.as_ref().and_then(|customer| customer.member)
}
