//! Any history of purses: what the database says is what the core says, and what the journal says.

use crate::emoney::*;
use crate::shop::*;
use proptest::collection::vec;
use proptest::prelude::*;
use tillside_core::*;
use tillside_store::{Need, Store};

#[derive(Clone, Debug)]
enum Step {
    /// A payment or a top-up with a card; whether the card's answer comes.
    Move {
        card: u32,
        pays: bool,
        answered: bool,
    },
    GiveBack {
        nth: usize,
        refund: bool,
    },
    Restart,
    Settle {
        nth: usize,
        done: bool,
    },
    GiveUp {
        nth: usize,
    },
    Sell,
    VoidSale {
        nth: u128,
    },
    Freeze {
        card: u32,
    },
    Free {
        card: u32,
    },
    Sight {
        card: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let card = || 1..4u32;
    let nth = || 0..6usize;
    prop_oneof![
        8 => (card(), any::<bool>(), any::<bool>())
            .prop_map(|(card, pays, answered)| Step::Move { card, pays, answered }),
        3 => (nth(), any::<bool>()).prop_map(|(nth, refund)| Step::GiveBack { nth, refund }),
        2 => Just(Step::Restart),
        4 => (nth(), any::<bool>()).prop_map(|(nth, done)| Step::Settle { nth, done }),
        1 => nth().prop_map(|nth| Step::GiveUp { nth }),
        3 => Just(Step::Sell),
        2 => (1..6u128).prop_map(|nth| Step::VoidSale { nth }),
        1 => card().prop_map(|card| Step::Freeze { card }),
        1 => card().prop_map(|card| Step::Free { card }),
        1 => card().prop_map(|card| Step::Sight { card }),
    ]
}

struct Story {
    shop: Shop,
    store: Option<Store>,
    model: State,
    next: u64,
    sale: u128,
    /// Of each card: balance, counter, last.
    cards: [CardSeen; 4],
}

impl Story {
    fn begin() -> Self {
        let (shop, store) = open();
        let model = store.load(&Need::default()).unwrap();
        Self {
            shop,
            store: Some(store),
            model,
            next: 1,
            sale: 1,
            cards: std::array::from_fn(|_| seen(5_000, 0, None)),
        }
    }

    fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    fn keep(&mut self, decided: Result<Vec<Event>, Refusal>) -> bool {
        let Ok(events) = decided else { return false };
        keep(self.store(), &events).unwrap();
        for event in &events {
            apply(&mut self.model, event);
        }
        true
    }

    fn decide(&mut self, need: &Need, command: Command) -> bool {
        let now = self.store().now(AFTERNOON);
        let decided = decided(self.store(), need, command, now);
        self.keep(decided)
    }

    fn of_purse(&mut self, txid: PurseTx, command: Command) -> bool {
        let need = Need {
            purses: vec![txid],
            ..Need::default()
        };
        self.decide(&need, command)
    }

    fn of_card(&mut self, n: u32, command: Command) -> bool {
        let need = Need {
            cards: vec![uid(n)],
            ..Need::default()
        };
        self.decide(&need, command)
    }

    fn moves(&mut self, command: BeginPurse, of: u32, answered: bool) {
        let need = need_for(&command);
        let (txid, evidence) = (command.txid, committed(&command));
        if !self.decide(&need, Command::BeginPurse(Box::new(command))) || !answered {
            return;
        }
        let PurseEvidence::CommitAnswer { tmc, after, .. } = evidence else {
            return;
        };
        let card = &mut self.cards[of as usize];
        (card.tmc, card.balance, card.last) = (tmc, after, Some(txid));
        let evidence = EndEvidence::Plain(evidence);
        let end = EndPurse { txid, evidence };
        assert!(self.of_purse(txid, Command::EndPurse(Box::new(end))));
    }

    fn nth(&self, nth: usize) -> Option<PurseState> {
        let mut purses: Vec<&PurseState> = self.model.purses.values().collect();
        purses.reverse();
        purses.get(nth).map(|purse| (*purse).clone())
    }

    fn play(&mut self, step: &Step) {
        let n = self.next;
        self.next += 1;
        match *step {
            Step::Move {
                card,
                pays,
                answered,
            } => {
                let sale = sale_id(self.sale);
                let tender = TenderKind::Cash;
                let action = match pays {
                    true => PurseAction::Pay { sale },
                    false => PurseAction::TopUp { tender },
                };
                let before = self.cards[card as usize].clone();
                self.moves(begin(n, card, action, 100, before), card, answered);
            }
            Step::GiveBack { nth, refund } => {
                let Some(payment) = self.nth(nth) else { return };
                let Some(sale) = payment.intended.action.sale() else {
                    return;
                };
                let of = payment.intended.txid;
                let action = match refund {
                    true => PurseAction::Refund { of },
                    false => PurseAction::Void { of, sale },
                };
                let card = (1..4).find(|&n| uid(n) == payment.intended.card).unwrap();
                let before = self.cards[card as usize].clone();
                self.moves(begin(n, card, action, 100, before), card, true);
            }
            Step::Restart => {
                self.store = None;
                self.store = Some(self.shop.store());
                for row in self.store().open_purses(50).unwrap() {
                    let (txid, why) = (row.state.intended.txid, "restarted".to_owned());
                    self.of_purse(txid, Command::LeavePurseUnknown { txid, why });
                }
            }
            Step::Settle { nth, done } => {
                let Some(purse) = self.nth(nth) else { return };
                let end = if done {
                    PurseEnd::Done
                } else {
                    PurseEnd::NotDone
                };
                let (txid, evidence) = (purse.intended.txid, EndEvidence::Hq(end));
                let end = EndPurse { txid, evidence };
                self.of_purse(txid, Command::EndPurse(Box::new(end)));
            }
            Step::GiveUp { nth } => {
                let Some(purse) = self.nth(nth) else { return };
                let txid = purse.intended.txid;
                let command = GiveUpPurse {
                    txid,
                    cashier: anna(),
                    approved_by: anna(),
                    reason: "gone".to_owned(),
                };
                self.of_purse(txid, Command::GiveUpPurse(command));
            }
            Step::Sell => {
                let sale = sale_id(self.sale);
                let of_sale = self.model.purses.values().filter(|purse| {
                    purse.intended.action == PurseAction::Pay { sale }
                        && purse.stage == PurseStage::Done
                });
                let paid: Vec<(u64, i64)> = of_sale
                    .map(|purse| (u64::from_be_bytes(*purse.intended.txid.bytes()), 100))
                    .collect();
                let command = Command::CheckOut(sale_paid_by(self.sale, &paid));
                let need = Need {
                    sales: vec![sale],
                    members: vec![member_id(1)],
                    ..Need::default()
                };
                if self.decide(&need, command) {
                    self.sale += 1;
                }
            }
            Step::VoidSale { nth } => {
                let now = self.store().now(AFTERNOON);
                let decided = decide_void(self.store(), sale_id(nth), now);
                self.keep(decided);
            }
            Step::Freeze { card } => {
                let (id, why, by) = (uid(card), "It was cut.".to_owned(), None);
                let command = FreezeCard { card: id, why, by };
                self.of_card(card, Command::FreezeCard(command));
            }
            Step::Free { card } => {
                let (id, approved_by, reason) = (uid(card), anna(), "mended".to_owned());
                let command = UnfreezeCard {
                    card: id,
                    approved_by,
                    reason,
                };
                self.of_card(card, Command::UnfreezeCard(command));
            }
            Step::Sight { card } => {
                let (seen, log) = (self.cards[card as usize].clone(), Vec::new());
                let command = Command::SightPurse {
                    card: uid(card),
                    seen,
                    log,
                };
                self.of_card(card, command);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_of_purses_rebuilds_equal(steps in vec(step(), 1..40)) {
        let mut story = Story::begin();
        for step in &steps {
            story.play(step);
        }
        let need = Need {
            purses: story.model.purses.keys().copied().collect(),
            sales: (1..=story.sale).map(sale_id).collect(),
            members: vec![member_id(1)],
            ..Need::default()
        };
        let loaded = story.store().load(&need).unwrap();
        prop_assert_eq!(&loaded.purses, &story.model.purses);
        prop_assert_eq!(&loaded.sales, &story.model.sales);
        let rebuilt = story.store().rebuild().unwrap();
        prop_assert_eq!(rebuilt.differences, Vec::<String>::new());
    }
}

/// A row changed, added or taken in each projection is told, and put right.
#[test]
fn a_tampered_projection_of_purses_is_found_and_put_right() {
    let tampered = [
        (
            "purses",
            "UPDATE purses SET stage = 'not_done' WHERE stage = 'done'",
        ),
        ("purses", "DELETE FROM purses WHERE stage = 'unknown'"),
        ("purses", "UPDATE purses SET minor = minor + 1"),
        (
            "tenders",
            "UPDATE tenders SET minor = minor + 1 WHERE kind = 'purse'",
        ),
        ("tenders", "DELETE FROM tenders"),
        ("issued_cards", "DELETE FROM issued_cards"),
        ("frozen_cards", "DELETE FROM frozen_cards"),
        (
            "frozen_cards",
            "INSERT INTO frozen_cards VALUES ('uid:04AABBCC', 1, 'So.')",
        ),
        ("card_seen", "UPDATE card_seen SET tmc = tmc + 1"),
    ];
    for (table, sql) in tampered {
        let (shop, mut store) = open();
        done(&mut store, pay(1, 1, 1, 400));
        begun(&mut store, pay(2, 2, 2, 400));
        unknown(&mut store, 2);
        let need = Need {
            sales: vec![sale_id(1)],
            members: vec![member_id(1)],
            ..Need::default()
        };
        let now = store.now(AFTERNOON);
        let sale = Command::CheckOut(sale_paid_by(1, &[(1, 400)]));
        let mut events = decided(&store, &need, sale, now).unwrap();
        events.push(Event::CardFrozen(CardFrozen {
            card: uid(3),
            why: "It was cut.".to_owned(),
            date: now.date,
            by: None,
        }));
        events.push(Event::CardIssued(CardIssued {
            card: uid(4),
            member: member_id(1),
            key_version: 1,
            expires: now.date,
            replaces: None,
            cashier: anna(),
            date: now.date,
        }));
        keep(&mut store, &events).unwrap();
        drop(store);
        shop.sql(sql);
        let mut store = shop.store();
        let found = store.rebuild().unwrap();
        assert!(!found.differences.is_empty(), "{sql}");
        assert!(
            found.differences.iter().all(|d| d.starts_with(table)),
            "{found:?}"
        );
        assert!(store.rebuild().unwrap().differences.is_empty(), "{sql}");
        // Still in working order after the swap, its keys too.
        ended(&mut store, 2, EndEvidence::Hq(PurseEnd::Done));
        done(&mut store, pay(5, 5, 5, 100));
        assert_eq!(stage(&store, 1), Some(PurseStage::Done));
    }
}
