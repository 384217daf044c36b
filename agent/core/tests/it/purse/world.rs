//! Two tills and one card, by chance: pays, top-ups, voids and refunds, torn at every point, with the
//! card back here, there or never. What the journals say must be what the card did.

use super::card::ModelCard;
use super::steps::{Step, Tear, step};
use super::*;
use crate::strategies::modest;
use jiff::ToSpan;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What every sale here comes to.
const TOTAL: i64 = 500;

struct World {
    card: ModelCard,
    tills: [State; 2],
    now: Now,
    next: u64,
    /// The open sale of each till, by number.
    open: [u128; 2],
    next_sale: u128,
    settled: [BTreeMap<PurseTx, PurseStage>; 2],
    unknown_told: usize,
}

impl World {
    fn new(room: usize) -> Self {
        let mut tills = [desk(), desk()];
        tills[1].terminal = terminal(2);
        Self {
            card: ModelCard::new(1_000, room),
            tills,
            now: now(),
            next: 1,
            open: [1, 2],
            next_sale: 3,
            settled: Default::default(),
            unknown_told: 0,
        }
    }

    /// Decides and applies at a till, and keeps what the store would: how it knows the card.
    fn act(&mut self, till: usize, command: Command) -> Result<Event, Refusal> {
        let event = carry_out(&mut self.tills[till], command, self.now)?;
        let shown = match &event {
            Event::PurseIntended(intended) => intended.before.clone(),
            Event::PurseEnded(ended) => match &ended.evidence {
                PurseEvidence::CommitAnswer { tmc, after, .. } => Some(CardSeen {
                    balance: *after,
                    tmc: *tmc,
                    last: Some(ended.txid),
                }),
                PurseEvidence::CardAsked { seen, .. } => Some(seen.clone()),
                _ => None,
            },
            _ => None,
        };
        if let (Some(seen), Some(terms)) = (shown, &mut self.tills[till].purse) {
            terms.known.insert(self.card.id.clone(), seen);
        }
        self.check(till);
        Ok(event)
    }

    /// The movements of a till whose outcome nobody knows.
    fn unsettled(&self, till: usize) -> Vec<PurseTx> {
        let waits =
            |purse: &&PurseState| matches!(purse.stage, PurseStage::Open | PurseStage::Unknown);
        let waiting = self.tills[till].purses.values().filter(waits);
        waiting.map(|purse| purse.intended.txid).collect()
    }

    fn payments(&self, till: usize) -> Vec<PurseState> {
        let of_till = self.tills[till].purses.values();
        let payments = of_till.filter(|purse| purse.intended.action.takes());
        payments.cloned().collect()
    }

    fn given_back(&self, till: usize, of: PurseTx) -> i64 {
        let of_till = self.tills[till].purses.values();
        of_till
            .filter(|purse| purse.stage != PurseStage::NotDone)
            .filter(|purse| match purse.intended.action {
                PurseAction::Void { of: other, .. } | PurseAction::Refund { of: other } => {
                    other == of
                }
                _ => false,
            })
            .map(|purse| purse.intended.amount.minor())
            .sum()
    }

    /// Whether a movement may begin, said in another way than the core says it.
    fn may_begin(&self, till: usize, action: &PurseAction, minor: i64) -> bool {
        let free = self.unsettled(till).is_empty();
        let room = match action.takes() {
            true => minor <= self.card.balance,
            false => self.card.balance + minor <= scheme().cap.minor(),
        };
        let left = |of: &PurseTx, whole: bool| {
            let payment = &self.tills[till].purses[of];
            let amount = payment.intended.amount.minor();
            let left = amount - self.given_back(till, *of);
            matches!(payment.stage, PurseStage::Done | PurseStage::Owed)
                && if whole {
                    minor == amount && left == amount
                } else {
                    minor <= left
                }
        };
        let own = match action {
            PurseAction::Void { of, .. } => {
                left(of, true) && self.tills[till].purses[of].intended.date == self.now.date
            }
            PurseAction::Refund { of } => left(of, false),
            _ => true,
        };
        free && room && own
    }

    fn move_purse(&mut self, till: usize, action: PurseAction, minor: i64, tear: Tear) {
        let n = self.next;
        self.next += 1;
        let mut command = begin(n, action.clone(), minor);
        command.before = Some(self.card.seen());
        let may = self.may_begin(till, &action, minor);
        let begun = self.act(till, Command::BeginPurse(Box::new(command.clone())));
        assert_eq!(begun.is_ok(), may, "{action:?} {minor}: {begun:?}");
        if !may {
            return;
        }
        let reaches_card = matches!(tear, Tear::Whole | Tear::AnswerLost | Tear::DiesAfter);
        if reaches_card {
            self.card.commit(tx(n), &action, minor);
        }
        let ended = match tear {
            Tear::Whole => Some(EndEvidence::Plain(committed(&command))),
            Tear::NeverSent => Some(EndEvidence::Plain(PurseEvidence::NeverSent {
                why: "card gone".to_owned(),
            })),
            _ => None,
        };
        let end = match ended {
            Some(evidence) => {
                let txid = tx(n);
                Command::EndPurse(Box::new(EndPurse { txid, evidence }))
            }
            // What the agent does when no answer came, or when it starts again.
            None => Command::LeavePurseUnknown {
                txid: tx(n),
                why: format!("{tear:?}"),
            },
        };
        self.act(till, end).unwrap();
    }

    /// The card is held to a till.
    fn tap(&mut self, till: usize, with_log: bool) {
        let log = if with_log {
            self.card.log()
        } else {
            Vec::new()
        };
        let waiting: Vec<PurseTx> = self.tills[till]
            .purses
            .values()
            .filter(|purse| purse.stage.is_open())
            .map(|purse| purse.intended.txid)
            .collect();
        for txid in waiting {
            let intended = self.tills[till].purses[&txid].intended.clone();
            let evidence = EndEvidence::CardAsked {
                seen: self.card.seen(),
                log: log.clone(),
            };
            let command = EndPurse { txid, evidence };
            match self.act(till, Command::EndPurse(Box::new(command))) {
                Ok(_) => {}
                Err(Refusal::PurseStillUnknown { .. }) => {
                    let then = intended.before.unwrap().tmc;
                    assert!(self.card.tmc > then + 1 || self.card.did(txid));
                    assert!(!with_log || !self.card.log_reaches(then), "the log told it");
                    self.unknown_told += 1;
                }
                Err(other) => panic!("an honest card: {other:?}"),
            }
        }
    }

    fn hq(&mut self, till: usize) {
        let purses = self.tills[till].purses.values();
        let waiting = purses.filter(|purse| purse.stage.is_open());
        let Some(txid) = waiting.map(|purse| purse.intended.txid).next() else {
            return;
        };
        let end = match self.card.did(txid) {
            true => PurseEnd::Done,
            false => PurseEnd::NotDone,
        };
        let evidence = EndEvidence::Hq(end);
        let command = EndPurse { txid, evidence };
        self.act(till, Command::EndPurse(Box::new(command)))
            .unwrap();
    }

    fn finish(&mut self, till: usize) {
        let sale = self.open[till];
        let payments: Vec<PurseState> = self
            .payments(till)
            .into_iter()
            .filter(|purse| purse.intended.action.sale() == Some(sale_id(sale)))
            .collect();
        let stands = |purse: &&PurseState| {
            purse.stage == PurseStage::Done && self.given_back(till, purse.intended.txid) == 0
        };
        let by_card: Vec<&PurseState> = payments.iter().filter(stands).collect();
        let paid: i64 = by_card.iter().map(|p| p.intended.amount.minor()).sum();
        let mut command = check_out(sale, &[line("tea", 1, TOTAL)], &[], TOTAL - paid);
        let tenders = by_card
            .iter()
            .map(|purse| Tender::purse(purse.intended.txid, purse.intended.amount));
        command.tenders.extend(tenders);
        // A part that was refunded while its sale was open must be given back whole first.
        let partly = payments.iter().any(|purse| {
            let given = self.given_back(till, purse.intended.txid);
            purse.stage == PurseStage::Done && given > 0 && given < purse.intended.amount.minor()
        });
        let unsettled = self.tills[till].purses.values().any(|purse| {
            purse.intended.action.sale() == Some(sale_id(sale))
                && matches!(purse.stage, PurseStage::Open | PurseStage::Unknown)
        });
        let finished = self.act(till, Command::CheckOut(command));
        assert_eq!(finished.is_ok(), !partly && !unsettled, "{finished:?}");
        if finished.is_ok() {
            self.open[till] = self.next_sale;
            self.next_sale += 1;
        }
    }

    fn void_sale(&mut self, till: usize, nth: usize) {
        let Some((id, known)) = self.tills[till].sales.iter().nth(nth) else {
            return;
        };
        let (sale, known) = (*id, known.clone());
        let by_card = known.sale.tenders.iter().filter_map(|tender| tender.purse);
        let returned = by_card.clone().all(|txid| {
            let amount = self.tills[till].purses[&txid].intended.amount.minor();
            let unknown = self.tills[till].purses.values().any(|purse| {
                matches!(purse.intended.action, PurseAction::Void { of, .. } | PurseAction::Refund { of } if of == txid)
                    && purse.stage != PurseStage::NotDone
                    && purse.stage != PurseStage::Done
            });
            self.given_back(till, txid) == amount && !unknown
        });
        let voided = self.act(till, Command::Void(Void { sale, ..void(0) }));
        let may = returned && !known.voided && known.sale.date == self.now.date;
        assert_eq!(voided.is_ok(), may, "{voided:?}");
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Pay { till, minor, tear } => {
                let sale = sale_id(self.open[till]);
                let stands: i64 = self
                    .payments(till)
                    .iter()
                    .filter(|p| p.intended.action.sale() == Some(sale))
                    .filter(|p| p.stage == PurseStage::Done)
                    .map(|p| p.intended.amount.minor() - self.given_back(till, p.intended.txid))
                    .sum();
                let minor = minor.min(TOTAL - stands);
                if minor > 0 {
                    self.move_purse(till, PurseAction::Pay { sale }, minor, tear);
                }
            }
            Step::TopUp { till, minor, tear } => {
                let tender = TenderKind::Cash;
                self.move_purse(till, PurseAction::TopUp { tender }, minor, tear);
            }
            Step::Void { till, nth, tear } => {
                if let Some(payment) = self.payments(till).get(nth) {
                    let of = payment.intended.txid;
                    let sale = payment.intended.action.sale().unwrap();
                    let minor = payment.intended.amount.minor();
                    self.move_purse(till, PurseAction::Void { of, sale }, minor, tear);
                }
            }
            Step::Refund {
                till,
                nth,
                minor,
                tear,
            } => {
                if let Some(payment) = self.payments(till).get(nth) {
                    let of = payment.intended.txid;
                    self.move_purse(till, PurseAction::Refund { of }, minor, tear);
                }
            }
            Step::Tap { till, log } => self.tap(till, log),
            Step::Hq { till } => self.hq(till),
            Step::GiveUp { till } => {
                if let Some(txid) = self.unsettled(till).first() {
                    let pays = self.tills[till].purses[txid].intended.action.takes();
                    let n = u64::from_be_bytes(*txid.bytes());
                    let given_up = self.act(till, give_up(n));
                    assert_eq!(given_up.is_ok(), pays, "{given_up:?}");
                }
            }
            Step::Finish { till } => self.finish(till),
            Step::VoidSale { till, nth } => self.void_sale(till, nth),
            Step::NextDay => {
                self.now.date = self.now.date.saturating_add(1.days());
                self.now.at.0 += 86_400_000;
            }
        }
    }

    /// Done is what the card did, and what is settled stays.
    fn check(&mut self, till: usize) {
        for (txid, purse) in &self.tills[till].purses {
            let did = self.card.did(*txid);
            match purse.stage {
                PurseStage::Done | PurseStage::Owed => assert!(did, "{txid} was made up"),
                PurseStage::NotDone => assert!(!did, "{txid} was lost"),
                _ => continue,
            }
            let before = self.settled[till].insert(*txid, purse.stage);
            assert!(
                before.is_none_or(|stage| stage == purse.stage),
                "{txid} changed"
            );
        }
    }

    /// After HQ settled the rest: not a cent more or less than the movements say, at the card and in
    /// the sales.
    fn close(&mut self) {
        for till in 0..2 {
            while self.tills[till]
                .purses
                .values()
                .any(|purse| purse.stage.is_open())
            {
                self.hq(till);
            }
        }
        let mut sum = self.card.initial;
        for state in &self.tills {
            for purse in state.purses.values() {
                let minor = purse.intended.amount.minor();
                if matches!(purse.stage, PurseStage::Done | PurseStage::Owed) {
                    sum += if purse.intended.action.takes() {
                        -minor
                    } else {
                        minor
                    };
                }
            }
            let mut counted: Vec<PurseTx> = Vec::new();
            for known in state.sales.values() {
                let tenders = &known.sale.tenders;
                let paid: i64 = tenders.iter().map(|tender| tender.amount.minor()).sum();
                assert_eq!(paid, TOTAL);
                counted.extend(tenders.iter().filter_map(|tender| tender.purse));
            }
            let all = counted.len();
            counted.sort();
            counted.dedup();
            assert_eq!(counted.len(), all, "a payment was counted twice");
            for purse in state.purses.values() {
                let PurseAction::Pay { sale } = purse.intended.action else {
                    continue;
                };
                let completed = state.sales.contains_key(&sale);
                if completed && purse.stage == PurseStage::Done {
                    let txid = purse.intended.txid;
                    let back = state.purses.values().any(|other| {
                        matches!(other.intended.action, PurseAction::Void { of, .. } | PurseAction::Refund { of } if of == txid)
                    });
                    assert!(counted.contains(&txid) || back, "{txid} paid for nothing");
                }
            }
        }
        assert_eq!(self.card.balance, sum);
    }
}

proptest! {
    #![proptest_config(modest(600))]

    #[test]
    fn the_journals_say_what_the_card_did(
        room in 1..=4usize,
        steps in vec(step(), 1..=40),
    ) {
        let mut world = World::new(room);
        for step in &steps {
            world.play(step);
        }
        world.close();
    }
}

/// The cases above do meet what they are about: each stage, and cards whose log does not reach back.
#[test]
fn a_torn_payment_that_the_log_forgot_waits_for_hq() {
    let mut world = World::new(1);
    let pay = |till, tear| Step::Pay {
        till,
        minor: 10,
        tear,
    };
    world.play(&pay(0, Tear::AnswerLost));
    for _ in 0..2 {
        world.play(&pay(1, Tear::Whole));
    }
    world.play(&Step::Tap { till: 0, log: true });
    assert_eq!(world.unknown_told, 1);
    assert_eq!(stage(&world.tills[0], 1), PurseStage::Unknown);
    world.play(&Step::GiveUp { till: 0 });
    assert_eq!(stage(&world.tills[0], 1), PurseStage::GivenUp);
    world.play(&Step::Finish { till: 0 });
    world.play(&Step::Hq { till: 0 });
    assert_eq!(stage(&world.tills[0], 1), PurseStage::Owed);
    world.play(&Step::Void {
        till: 0,
        nth: 0,
        tear: Tear::Whole,
    });
    world.close();
}
