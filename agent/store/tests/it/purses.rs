//! Movements of purses in the database: each durable step, the last guards, and what is loaded.

use crate::emoney::*;
use crate::shop::*;
use tillside_core::*;
use tillside_store::{Need, OpenSale, Store, StoreError};

fn need_sale(n: u128) -> Need {
    Need {
        sales: vec![sale_id(n)],
        members: vec![member_id(1)],
        ..Need::default()
    }
}

/// The end of a payment and its sale, decided on what the store says, for one transaction.
fn end_and_sale(
    store: &Store,
    n: u64,
    sale: CheckOut,
    evidence: EndEvidence,
    now: Now,
) -> Vec<Event> {
    let mut events = end_of(store, tx(n), evidence, now).unwrap();
    let mut state = store.load(&need_sale(sale_from(&sale))).unwrap();
    for event in &events {
        apply(&mut state, event);
    }
    events.extend(decide(&state, Command::CheckOut(sale), now).unwrap());
    events
}

fn sale_from(sale: &CheckOut) -> u128 {
    (0..100).find(|&n| sale_id(n) == sale.sale).unwrap()
}

/// Invariant 1: the payment's end, the sale, its answer and its open sale's going are one fact.
#[test]
fn a_payment_ends_with_its_sale_in_one_transaction() {
    let (shop, mut store) = open();
    let command = pay(1, 1, 1, 1_000);
    let answer_of_card = EndEvidence::Plain(committed(&command));
    let now = store.now(AFTERNOON);
    let events = intent(&store, command, now).unwrap();
    let draft = tillside_store::Draft {
        sale: sale_id(1),
        lane: lane(),
        json: "{\"fixed\":true}".to_owned(),
    };
    store
        .commit_with(&events, now, None, Some(OpenSale::Save(&draft)))
        .unwrap();
    drop(store);
    let mut store = shop.store();
    assert_eq!(stage(&store, 1), Some(PurseStage::Open));
    assert!(store.draft(sale_id(1)).unwrap().is_some());
    let sale = sale_paid_by(1, &[(1, 1_000)]);
    let events = end_and_sale(&store, 1, sale, answer_of_card, now);
    assert_eq!(events.len(), 2);
    store
        .commit(&events, now, Some(&answer("k1")), Some(sale_id(1)))
        .unwrap();
    drop(store);
    let mut store = shop.store();
    assert_eq!(stage(&store, 1), Some(PurseStage::Done));
    assert_eq!(store.draft(sale_id(1)).unwrap(), None);
    assert!(store.answered("k1").unwrap().is_some());
    let kept = store.sale(sale_id(1)).unwrap().unwrap();
    assert_eq!(kept.sale.tenders, [Tender::purse(tx(1), eur(1_000))]);
    assert!(store.rebuild().unwrap().differences.is_empty());
}

/// Each guard of the database behind the core's: a fact that was decided on a stale state is refused,
/// and nothing of it is there.
#[test]
fn stale_facts_are_refused_by_the_databases_own_keys() {
    let (_shop, mut store) = open();
    let now = store.now(AFTERNOON);
    let fresh = |store: &Store, command| intent(store, command, now).unwrap();
    let first = fresh(&store, pay(1, 1, 1, 400));
    let same_txid = fresh(&store, pay(1, 2, 2, 400));
    let same_card = fresh(&store, pay(2, 1, 2, 400));
    let same_sale = fresh(&store, pay(3, 2, 1, 400));
    keep(&mut store, &first).unwrap();
    let refused = |store: &mut Store, events: &[Event]| {
        let before = (store.record_count().unwrap(), store.head());
        let error = keep(store, events).unwrap_err();
        assert_eq!((store.record_count().unwrap(), store.head()), before);
        assert!(error.advice().ends_with('.') && !error.is_retryable());
        error
    };
    for stale in [&first, &same_txid, &same_card, &same_sale] {
        let error = refused(&mut store, stale);
        assert!(matches!(error, StoreError::PurseBegun { .. }), "{error}");
    }
    let done = EndEvidence::Plain(committed(&pay(1, 1, 1, 400)));
    let done = end_of(&store, tx(1), done, now).unwrap();
    let not_done = end_of(&store, tx(1), EndEvidence::Hq(PurseEnd::NotDone), now).unwrap();
    let unknown_now = Event::PurseUnknown(PurseUnknown {
        txid: tx(1),
        card: uid(1),
        why: "restarted".to_owned(),
        date: TODAY,
    });
    keep(&mut store, &done).unwrap();
    let never_begun = Event::PurseUnknown(PurseUnknown {
        txid: tx(77),
        card: uid(1),
        why: "restarted".to_owned(),
        date: TODAY,
    });
    for stale in [&done, &not_done, &vec![unknown_now], &vec![never_begun]] {
        let error = refused(&mut store, stale);
        assert!(matches!(error, StoreError::PurseSettled { .. }), "{error}");
    }
    assert_eq!(stage(&store, 1), Some(PurseStage::Done));
}

/// A payment is counted in one sale, for what it was, once it was made.
#[test]
fn a_payment_pays_for_one_sale() {
    let (_shop, mut store) = open();
    done(&mut store, pay(1, 1, 1, 400));
    begun(&mut store, pay(2, 2, 2, 300));
    let completed = |store: &Store, sale: u128| {
        let state = store.load(&need_sale(1)).unwrap();
        let good = sale_paid_by(1, &[(1, 400)]);
        let mut events = decide(&state, Command::CheckOut(good), store.now(AFTERNOON)).unwrap();
        let Event::SaleCompleted(body) = &mut events[0] else {
            panic!()
        };
        body.sale = sale_id(sale);
        body.lots.clear();
        events
    };
    let refused = |store: &mut Store, change: &dyn Fn(&mut Vec<Tender>), sale: u128| {
        let mut events = completed(store, sale);
        let Event::SaleCompleted(body) = &mut events[0] else {
            panic!()
        };
        change(&mut body.tenders);
        let error = keep(store, &events).unwrap_err();
        assert!(matches!(error, StoreError::PurseCounted { .. }), "{error}");
    };
    refused(&mut store, &|_| {}, 7);
    refused(&mut store, &|tenders| tenders[1].amount = eur(401), 1);
    refused(&mut store, &|tenders| tenders[1].purse = Some(tx(2)), 1);
    refused(&mut store, &|tenders| tenders[1].purse = Some(tx(9)), 1);
    refused(&mut store, &|tenders| tenders.push(tenders[1].clone()), 1);
    let good = completed(&store, 1);
    keep(&mut store, &good).unwrap();
    assert!(store.sale(sale_id(7)).unwrap().is_none());
}

#[test]
fn a_command_is_given_what_it_names() {
    let (shop, mut store) = open();
    done(&mut store, pay(1, 1, 1, 400));
    let (of, sale) = (tx(1), sale_id(1));
    let after = seen(4_600, 4, Some(1));
    done(
        &mut store,
        begin(2, 1, PurseAction::Refund { of }, 100, after),
    );
    begun(&mut store, pay(3, 2, 1, 200));
    unknown(&mut store, 3);
    done(&mut store, pay(4, 3, 4, 50));
    drop(store);
    let store = shop.store();
    let loaded =
        |need: Need| -> Vec<PurseTx> { store.load(&need).unwrap().purses.into_keys().collect() };
    let sales = |sale| Need {
        sales: vec![sale],
        ..Need::default()
    };
    let cards = |card| Need {
        cards: vec![card],
        ..Need::default()
    };
    let purses = |txid| Need {
        purses: vec![txid],
        ..Need::default()
    };
    assert_eq!(loaded(Need::default()), []);
    // Its payments, and what gave them back.
    assert_eq!(loaded(sales(sale)), [tx(1), tx(2), tx(3)]);
    assert_eq!(loaded(sales(sale_id(4))), [tx(4)]);
    // What is not settled of a card, and nothing else of it.
    assert_eq!(loaded(cards(uid(1))), []);
    assert_eq!(loaded(cards(uid(2))), [tx(3)]);
    // A payment with what gave it back, and the other way round.
    assert_eq!(loaded(purses(tx(1))), [tx(1), tx(2)]);
    assert_eq!(loaded(purses(tx(2))), [tx(1), tx(2)]);
    let state = store.load(&purses(tx(3))).unwrap();
    let kept = &state.purses[&tx(3)];
    assert_eq!(kept.stage, PurseStage::Unknown);
    assert_eq!(
        (&kept.intended.card, kept.intended.amount),
        (&uid(2), eur(200))
    );
}

#[test]
fn the_newest_state_of_a_card_is_remembered() {
    let (_shop, mut store) = open();
    let known = |store: &Store| store.seen_last(&uid(1)).unwrap();
    assert_eq!(known(&store), None);
    begun(&mut store, pay(1, 1, 1, 400));
    assert_eq!(known(&store), Some(seen(5_000, 3, Some(900))));
    ended(
        &mut store,
        1,
        EndEvidence::Plain(committed(&pay(1, 1, 1, 400))),
    );
    let after = seen(4_600, 4, Some(1));
    assert_eq!(known(&store), Some(after.clone()));
    let sighted = |tmc| {
        let seen = seen(99, tmc, Some(500));
        let (card, log, at) = (uid(1), Vec::new(), AFTERNOON);
        Event::PurseSighted(Box::new(PurseSighted {
            card,
            seen,
            log,
            at,
        }))
    };
    keep(&mut store, &[sighted(2)]).unwrap();
    assert_eq!(
        known(&store),
        Some(after.clone()),
        "an older state changes nothing"
    );
    let need = Need {
        cards: vec![uid(1)],
        ..Need::default()
    };
    let terms = store.load(&need).unwrap().purse.unwrap();
    assert_eq!(terms.known[&uid(1)], after);
    let back = intent(&store, pay(2, 1, 2, 100), store.now(AFTERNOON));
    assert_eq!(back, Err(Refusal::PurseContradiction { txid: tx(1) }));
    keep(&mut store, &[sighted(8)]).unwrap();
    assert_eq!(known(&store), Some(seen(99, 8, Some(500))));
    begun(&mut store, pay(3, 5, 3, 100));
    let log = Vec::new();
    let asked = EndEvidence::CardAsked {
        seen: seen(4_900, 4, Some(3)),
        log,
    };
    ended(&mut store, 3, asked);
    assert_eq!(
        store.seen_last(&uid(5)).unwrap(),
        Some(seen(4_900, 4, Some(3)))
    );
    assert!(store.rebuild().unwrap().differences.is_empty());
}

#[test]
fn what_waits_is_listed_until_it_is_settled_and_owed_until_it_is_given_back() {
    let (_shop, mut store) = open();
    for n in 1..=4 {
        begun(&mut store, pay(n, n as u32, u128::from(n), 100 * n as i64));
    }
    for n in 2..=4 {
        unknown(&mut store, n);
    }
    for n in 3..=4 {
        given_up(&mut store, n);
    }
    ended(&mut store, 4, EndEvidence::Hq(PurseEnd::Done));
    let listed = |store: &Store| -> Vec<(PurseTx, PurseStage)> {
        let rows = store.open_purses(10).unwrap();
        rows.iter()
            .map(|row| (row.state.intended.txid, row.state.stage))
            .collect()
    };
    let of_card = |store: &Store, n| -> Vec<PurseTx> {
        let rows = store.open_purses_of_card(&uid(n), 10).unwrap();
        rows.iter().map(|row| row.state.intended.txid).collect()
    };
    let expected = [
        (tx(4), PurseStage::Owed),
        (tx(3), PurseStage::GivenUp),
        (tx(2), PurseStage::Unknown),
        (tx(1), PurseStage::Open),
    ];
    assert_eq!(listed(&store), expected);
    assert_eq!(store.open_purses(2).unwrap().len(), 2);
    let totals = store.open_purse_totals().unwrap();
    assert_eq!(
        (totals[0].open, totals[0].amount, totals[0].owed),
        (3, eur(600), eur(400))
    );
    let row = store.purse(tx(4)).unwrap().unwrap();
    assert_eq!(row.unknown.unwrap().why, "the till was restarted");
    assert_eq!(row.given_up.unwrap().reason, "the shopper has to leave");
    assert_eq!(row.ended.unwrap().evidence, PurseEvidence::Hq);
    assert!(row.unconfirmed);
    assert_eq!(of_card(&store, 4), [tx(4)]);
    assert_eq!(of_card(&store, 9), []);
    let owed = begin(
        5,
        4,
        PurseAction::Refund { of: tx(4) },
        400,
        seen(4_600, 4, Some(4)),
    );
    done(&mut store, owed);
    assert_eq!(listed(&store), expected[1..]);
    assert_eq!(store.purse(tx(4)).unwrap().unwrap().given_back, eur(400));
    for (n, end) in [
        (1, PurseEnd::NotDone),
        (2, PurseEnd::Done),
        (3, PurseEnd::NotDone),
    ] {
        ended(&mut store, n, EndEvidence::Hq(end));
    }
    assert_eq!(listed(&store), []);
    assert_eq!(store.open_purse_totals().unwrap(), []);
    assert_eq!(of_card(&store, 4), []);
    assert_eq!(store.purses_of_sale(sale_id(2)).unwrap().len(), 1);
    assert_eq!(store.purse(tx(99)).unwrap(), None);
}

#[test]
fn a_days_e_money_and_tenders_are_summed() {
    let (_shop, mut store) = open();
    let cash = TenderKind::Cash;
    done(
        &mut store,
        begin(
            1,
            1,
            PurseAction::TopUp { tender: cash },
            2_000,
            seen(0, 0, None),
        ),
    );
    let mut first = pay(2, 1, 1, 600);
    first.before = Some(seen(2_000, 1, Some(1)));
    done(&mut store, first);
    let state = store.load(&need_sale(1)).unwrap();
    let now = store.now(AFTERNOON);
    let sold = decide(&state, Command::CheckOut(sale_paid_by(1, &[(2, 600)])), now).unwrap();
    keep(&mut store, &sold).unwrap();
    sell(&mut store, 2, Some(1), &[]);
    sell(&mut store, 3, Some(1), &[]);
    void(&mut store, 3);
    done(
        &mut store,
        begin(
            3,
            1,
            PurseAction::Refund { of: tx(2) },
            100,
            seen(1_400, 2, Some(2)),
        ),
    );
    let restore = PurseAction::Restore { from: uid(9) };
    done(&mut store, begin(4, 8, restore, 1_234, seen(0, 0, None)));
    begun(&mut store, pay(5, 2, 5, 700));
    let [totals] = store.purse_totals_on(TODAY).unwrap().try_into().unwrap();
    assert_eq!((totals.payments, totals.taken), (1, eur(600)));
    assert_eq!((totals.top_ups, totals.topped_up), (1, eur(2_000)));
    assert_eq!((totals.given_back, totals.restored), (eur(100), eur(1_234)));
    let [day] = store.totals_on(TODAY).unwrap().try_into().unwrap();
    let paid: Vec<_> = day
        .tenders
        .iter()
        .map(|t| (t.kind, t.payments, t.amount))
        .collect();
    assert_eq!(
        paid,
        [
            (TenderKind::Cash, 2, eur(1_400)),
            (TenderKind::Purse, 1, eur(600))
        ]
    );
    assert_eq!(day.total, eur(2_000));
    assert_eq!(
        store.purse_totals_on(TODAY.tomorrow().unwrap()).unwrap(),
        []
    );
}
