//! Booking what journals say of purses and cards.
//!
//! Each record is first read against what HQ has ([`Purses::prepare`]), and nothing of it is written if it
//! cannot stand; then written ([`Purses::apply`]).

use super::movement::{self, By, Movement};
use super::settle::{self, conclude};
use super::{money, points, tenders};
use crate::emoney::ledger::Action;
use crate::emoney::proof::Proof;
use crate::emoney::sequence::{self, Point};
use crate::emoney::{PurseFault, Scheme};
use crate::store::StoreError;
use rusqlite::Transaction;
use tillside_core::{
    CardFrozen, CardIdentity, Event, PurseEnd, PurseEnded, PurseEvidence, PurseIntended, PurseKind,
    PurseTx, Record, TerminalId, Timestamp,
};

/// One terminal's records about purses, on their way in.
pub(in crate::store::sqlite) struct Purses<'a> {
    pub(in crate::store::sqlite) transaction: &'a Transaction<'a>,
    /// The row of the terminal.
    pub(in crate::store::sqlite) row: i64,
    pub(in crate::store::sqlite) terminal: TerminalId,
    pub(in crate::store::sqlite) store: &'a tillside_core::StoreId,
    pub(in crate::store::sqlite) scheme: Option<&'a Scheme>,
    pub(in crate::store::sqlite) now: Timestamp,
}

/// A record that can stand.
pub(in crate::store::sqlite) struct Prepared<'r> {
    deed: Deed<'r>,
    /// Whose history it tells of.
    card: Option<&'r CardIdentity>,
    points: Vec<Point>,
}

enum Deed<'r> {
    Begin(&'r PurseIntended),
    /// The account was moved before the journal told of it.
    Told(PurseTx),
    End {
        movement: Box<Movement>,
        end: PurseEnd,
        /// HQ cannot say where this end comes from.
        baseless: bool,
    },
    Unknown(PurseTx),
    GiveUp(Box<Movement>),
    Frozen(&'r CardFrozen),
    Nothing,
}

/// Something for a person, although the record was booked.
pub(in crate::store::sqlite) struct SideCase {
    pub(in crate::store::sqlite) kind: &'static str,
    pub(in crate::store::sqlite) words: String,
    pub(in crate::store::sqlite) evidence: serde_json::Value,
    /// The movement that waits for it.
    pub(in crate::store::sqlite) about: Option<PurseTx>,
}

impl From<PurseFault> for SideCase {
    fn from(fault: PurseFault) -> Self {
        Self {
            kind: fault.kind(),
            words: fault.to_string(),
            evidence: serde_json::json!({ "txid": fault.txid() }),
            about: None,
        }
    }
}

type Judged<T> = Result<Result<T, PurseFault>, StoreError>;

impl Purses<'_> {
    /// Reads a record against what HQ has.
    pub(in crate::store::sqlite) fn prepare<'r>(
        &self,
        record: &'r Record,
        proof: Option<&Proof>,
    ) -> Judged<Prepared<'r>> {
        if self.scheme.is_none() {
            return Ok(Err(PurseFault::NoScheme));
        }
        let (deed, card, points) = match &record.event {
            Event::PurseIntended(intended) => {
                let deed = match self.begin(intended)? {
                    Ok(deed) => deed,
                    Err(fault) => return Ok(Err(fault)),
                };
                let points = intended
                    .before
                    .iter()
                    .flat_map(|b| sequence::points(b, &[]));
                (deed, Some(&intended.card), points.collect())
            }
            Event::PurseEnded(ended) => return self.end(ended, proof),
            Event::PurseUnknown(unknown) => match self.own(unknown.txid)? {
                Ok(movement) => (Deed::Unknown(movement.txid), None, Vec::new()),
                Err(fault) => return Ok(Err(fault)),
            },
            Event::PurseGivenUp(given_up) => match self.own(given_up.txid)? {
                Ok(movement) => (Deed::GiveUp(Box::new(movement)), None, Vec::new()),
                Err(fault) => return Ok(Err(fault)),
            },
            Event::PurseSighted(sighted) => {
                let points = sequence::points(&sighted.seen, &sighted.log);
                (Deed::Nothing, Some(&sighted.card), points)
            }
            Event::CardFrozen(frozen) => (Deed::Frozen(frozen), None, Vec::new()),
            _ => (Deed::Nothing, None, Vec::new()),
        };
        Ok(Ok(Prepared { deed, card, points }))
    }

    /// A movement that this terminal began.
    fn own(&self, txid: PurseTx) -> Judged<Movement> {
        let found = movement::find(self.transaction, txid)?;
        let own = found.filter(|m| m.terminal == self.row && m.intended.is_some());
        Ok(own.ok_or(PurseFault::NotBegun(txid)))
    }

    fn begin<'r>(&self, intended: &'r PurseIntended) -> Judged<Deed<'r>> {
        let txid = intended.txid;
        let differs = |what| PurseFault::Differs { txid, what };
        let currency = self.scheme.map(|scheme| scheme.scheme.currency);
        if currency != Some(intended.amount.currency()) || intended.amount.minor() <= 0 {
            return Ok(Err(differs("its amount is none of this chain's e-money")));
        }
        let on_card = intended.kind == PurseKind::OnCard;
        if on_card != intended.before.is_some() || (!on_card && intended.member.is_none()) {
            return Ok(Err(differs("it does not say whose purse it is")));
        }
        if let Some(known) = movement::find(self.transaction, txid)? {
            let same = known.terminal == self.row
                && known.intended.is_none()
                && known.kind == intended.kind
                && known.card == intended.card
                && known.member == intended.member
                && known.minor == intended.amount.minor()
                && Some(known.action) == Action::numbered(intended.action.number());
            return Ok(match same {
                true => Ok(Deed::Told(txid)),
                false => Err(PurseFault::Twice(txid)),
            });
        }
        use tillside_core::PurseAction::{Refund, Void};
        if let Void { of, .. } | Refund { of } = &intended.action {
            let paid = movement::find(self.transaction, *of)?;
            let fits = paid.is_some_and(|paid| {
                paid.terminal == self.row
                    && paid.card == intended.card
                    && paid.kind == intended.kind
                    && paid.action == Action::Pay
            });
            if !fits {
                return Ok(Err(differs(
                    "the payment that it gives back is none of this till's",
                )));
            }
        }
        Ok(Ok(Deed::Begin(intended)))
    }

    fn end<'r>(&self, ended: &'r PurseEnded, proof: Option<&Proof>) -> Judged<Prepared<'r>> {
        let txid = ended.txid;
        let movement = match self.own(txid)? {
            Ok(movement) => movement,
            Err(fault) => return Ok(Err(fault)),
        };
        if movement.told {
            return Ok(Err(PurseFault::EndedTwice(txid)));
        }
        if movement.card != ended.card || movement.minor != ended.amount.minor() {
            let what = "its end names another card or amount";
            return Ok(Err(PurseFault::Differs { txid, what }));
        }
        let intended = movement.intended(self.transaction)?;
        let Some(intended) = intended else {
            return Ok(Err(PurseFault::NotBegun(txid)));
        };
        let points = match evidence(&movement, &intended, ended, proof, self.terminal) {
            Ok(points) => points,
            Err(fault) => return Ok(Err(fault)),
        };
        let told = ended.end == PurseEnd::Done;
        if let Some(fault) = points::clash(self.transaction, &ended.card, &points)? {
            return Ok(Err(fault));
        }
        if movement.ended.is_some_and(|known| known != ended.end) {
            return Ok(Err(PurseFault::Contradiction { txid, told }));
        }
        // What the card is known to have done beside, be it from this record or from others'.
        if let Some(next) = sequence::next_tmc(&intended) {
            let here = points
                .iter()
                .find(|p| p.tmc == next && p.txid.is_some())
                .copied();
            let known = match here {
                Some(point) => Some(point),
                None => points::point(self.transaction, &ended.card, next)?,
            };
            let did = known.and_then(|point| point.txid).map(|by| by == txid);
            if did.is_some_and(|did| did != told) {
                return Ok(Err(PurseFault::Contradiction { txid, told }));
            }
        }
        let hq = matches!(ended.evidence, PurseEvidence::Hq);
        let baseless = hq && movement.ended.is_none();
        Ok(Ok(Prepared {
            deed: Deed::End {
                movement: Box::new(movement),
                end: ended.end,
                baseless,
            },
            card: Some(&ended.card),
            points,
        }))
    }

    /// Writes a record that can stand; `record` is its row.
    pub(in crate::store::sqlite) fn apply(
        &self,
        prepared: Prepared<'_>,
        record: i64,
    ) -> Result<Vec<SideCase>, StoreError> {
        let Some(scheme) = self.scheme else {
            return Ok(Vec::new());
        };
        let transaction = self.transaction;
        let mut cases: Vec<SideCase> = Vec::new();
        match prepared.deed {
            Deed::Begin(intended) => {
                movement::insert(transaction, self.row, self.store, intended, Some(record))?;
            }
            Deed::Told(txid) => movement::mark(transaction, txid, "intended", record)?,
            Deed::End {
                movement,
                end,
                baseless,
            } => {
                movement::mark(transaction, movement.txid, "told", 1)?;
                if baseless {
                    let what = "HQ did not settle it";
                    let txid = movement.txid;
                    cases.push(PurseFault::Differs { txid, what }.into());
                } else if movement.ended.is_none() {
                    let by = By::Terminal;
                    let faults = conclude(transaction, scheme, &movement, end, by, self.now)?;
                    cases.extend(faults.into_iter().map(SideCase::from));
                }
            }
            Deed::Unknown(txid) => movement::mark(transaction, txid, "unknown", 1)?,
            Deed::GiveUp(movement) => {
                let late = movement.ended == Some(PurseEnd::Done) && !movement.given_up;
                movement::mark(transaction, movement.txid, "given_up", 1)?;
                tenders::given_up(transaction, movement.txid, self.now)?;
                if late && movement.action == Action::Pay {
                    money::reclassify(transaction, &movement, self.now)?;
                }
            }
            Deed::Frozen(frozen) => cases.push(frozen_case(frozen)),
            Deed::Nothing => {}
        }
        if let Some(card) = prepared.card {
            cases.extend(self.tell(scheme, card, &prepared.points)?);
        }
        Ok(cases)
    }

    /// Keeps points of a card's history, and settles what they say.
    fn tell(
        &self,
        scheme: &Scheme,
        card: &CardIdentity,
        points: &[Point],
    ) -> Result<Vec<SideCase>, StoreError> {
        let clashes = points::keep(self.transaction, card, points, self.now)?;
        let settling = settle::settle(self.transaction, scheme, card, self.now)?;
        let faults = clashes.into_iter().chain(settling.faults);
        let mut cases: Vec<SideCase> = faults.map(SideCase::from).collect();
        cases.extend(settling.contradictions.into_iter().map(|txid| SideCase {
            kind: "purse_contradiction",
            words: format!("movement {txid} fits no history of card {card}"),
            evidence: serde_json::json!({ "txid": txid, "card": card }),
            about: Some(txid),
        }));
        Ok(cases)
    }

    /// A record about a movement's end that could not stand: the terminal knows its end all the same,
    /// and need not be told.
    pub(in crate::store::sqlite) fn quarantined(
        &self,
        record: &Record,
        case: i64,
    ) -> Result<(), StoreError> {
        let Event::PurseEnded(ended) = &record.event else {
            return Ok(());
        };
        if let Ok(movement) = self.own(ended.txid)?
            && !movement.told
        {
            movement::mark(self.transaction, ended.txid, "told", 1)?;
            if movement.case.is_none() {
                movement::mark(self.transaction, ended.txid, "case_id", case)?;
            }
        }
        Ok(())
    }
}

fn frozen_case(frozen: &CardFrozen) -> SideCase {
    let by = frozen.by.as_ref();
    let who = by.map_or_else(|| "the till by itself".to_owned(), ToString::to_string);
    SideCase {
        kind: "card_frozen",
        words: format!("card {} was frozen by {who}: {}", frozen.card, frozen.why),
        evidence: serde_json::json!({ "card": frozen.card }),
        about: None,
    }
}

/// What an end's evidence tells of the card, if it is evidence of that end.
fn evidence(
    movement: &Movement,
    intended: &PurseIntended,
    ended: &PurseEnded,
    proof: Option<&Proof>,
    terminal: TerminalId,
) -> Result<Vec<Point>, PurseFault> {
    let txid = ended.txid;
    let differs = |what| Err(PurseFault::Differs { txid, what });
    let done = ended.end == PurseEnd::Done;
    let account = movement.kind == PurseKind::Account;
    match (&ended.evidence, account) {
        (PurseEvidence::CommitAnswer { tmc, after, .. }, false) if done => {
            let previous = proven(intended, proof, terminal, *tmc, *after)?;
            let mut points = vec![Point {
                tmc: *tmc,
                txid: Some(txid),
                balance: Some(*after),
            }];
            if let (Some(previous), Some(before)) = (previous, tmc.checked_sub(1)) {
                points.push(Point {
                    tmc: before,
                    txid: Some(previous),
                    balance: None,
                });
            }
            Ok(points)
        }
        (PurseEvidence::CardAsked { seen, entry }, false) => {
            Ok(sequence::points(seen, entry.as_slice()))
        }
        (PurseEvidence::NeverSent { .. }, _) if !done => Ok(Vec::new()),
        (PurseEvidence::Hq, _) => Ok(Vec::new()),
        (PurseEvidence::AccountMoved { .. }, true) if done => match movement.ended {
            Some(_) => Ok(Vec::new()),
            None => Err(PurseFault::AccountNotMoved(txid)),
        },
        (PurseEvidence::AccountRefused { .. }, true) if !done => Ok(Vec::new()),
        _ => differs("its evidence is none of that end"),
    }
}

/// The movement before it, where the card's MAC proves this one.
fn proven(
    intended: &PurseIntended,
    proof: Option<&Proof>,
    terminal: TerminalId,
    tmc: u32,
    after: i64,
) -> Result<Option<PurseTx>, PurseFault> {
    let txid = intended.txid;
    let said = match proof {
        Some(Proof::Genuine(said)) => said,
        Some(Proof::Forged) => return Err(PurseFault::TmvForged(txid)),
        Some(Proof::Missing) => return Err(PurseFault::TmvMissing(txid)),
        Some(Proof::Unreadable) => {
            let what = "no card of this chain says it like that";
            return Err(PurseFault::TmvMismatch { txid, what });
        }
        _ => return Err(PurseFault::TmvUnchecked(txid)),
    };
    let agrees = said.agrees(intended, terminal, tmc, after);
    agrees.map_err(|what| PurseFault::TmvMismatch { txid, what })?;
    match sequence::next_tmc(intended) == Some(tmc) && intended.balance_after() == Some(after) {
        true => Ok(said.previous),
        false => Err(PurseFault::TmvMismatch {
            txid,
            what: "it does not follow what the card held before",
        }),
    }
}
