//! Cards at a till: blocked by HQ, frozen here, issued, and standing in for lost ones.

use crate::emoney::*;
use crate::shop::*;
use tillside_core::*;
use tillside_store::{Need, Store, StoreError};

fn terms(store: &Store, cards: &[CardIdentity]) -> PurseTerms {
    let need = Need {
        cards: cards.to_vec(),
        ..Need::default()
    };
    store.load(&need).unwrap().purse.unwrap()
}

fn decided_for(store: &Store, card: CardIdentity, command: Command) -> Result<Vec<Event>, Refusal> {
    let need = Need {
        cards: vec![card],
        ..Need::default()
    };
    decided(store, &need, command, store.now(AFTERNOON))
}

fn freeze(store: &mut Store, n: u32, why: &str) {
    let (card, why, by) = (uid(n), why.to_owned(), None);
    let command = Command::FreezeCard(FreezeCard { card, why, by });
    let events = decided_for(store, uid(n), command).unwrap();
    keep(store, &events).unwrap();
}

fn free(store: &Store, n: u32) -> Result<Vec<Event>, Refusal> {
    let (approved_by, reason) = (anna(), "a mistake".to_owned());
    let command = UnfreezeCard {
        card: uid(n),
        approved_by,
        reason,
    };
    decided_for(store, uid(n), Command::UnfreezeCard(command))
}

#[test]
fn without_e_money_there_are_no_terms() {
    let (_shop, store) = Shop::open();
    assert_eq!(store.load(&Need::default()).unwrap().purse, None);
    assert_eq!(store.purse_scheme(), None);
    assert_eq!(store.desk_rights(), DeskRights::default());
    assert_eq!(store.card_blocked(&uid(9)).unwrap(), None);
}

#[test]
fn hqs_list_blocks_exactly_its_cards_also_after_a_restart() {
    let (shop, store) = open();
    drop(store);
    let mut store = shop.store();
    let lost = "It was reported lost.".to_owned();
    assert_eq!(store.card_blocked(&uid(9)).unwrap(), Some(lost.clone()));
    assert_eq!(store.card_blocked(&uid(1)).unwrap(), None);
    let terms = terms(&store, &[uid(9), uid(1)]);
    assert_eq!(terms.blocked, [(uid(9), lost)].into());
    assert!(terms.frozen.is_empty());
    assert_eq!((terms.scheme, terms.desk), (sheet().scheme, sheet().desk));
    assert_eq!(store.blocked_as_of(), Some(AFTERNOON));
    let now = store.now(AFTERNOON);
    store.adopt(&bundle(3), now).unwrap();
    assert_eq!(
        store.card_blocked(&uid(9)).unwrap(),
        None,
        "the next bundle has no e-money"
    );
    assert_eq!(store.purse_scheme(), None);
}

#[test]
fn a_frozen_card_stays_frozen_until_a_manager_frees_it() {
    let (shop, mut store) = open();
    assert_eq!(free(&store, 1), Err(Refusal::CardNotFrozen));
    begun(&mut store, pay(1, 1, 1, 400));
    ended(
        &mut store,
        1,
        EndEvidence::Plain(committed(&pay(1, 1, 1, 400))),
    );
    freeze(&mut store, 1, "It contradicts the journal.");
    freeze(&mut store, 1, "It was cut.");
    drop(store);
    let mut store = shop.store();
    let why = "It was cut.".to_owned();
    assert_eq!(store.card_blocked(&uid(1)).unwrap(), Some(why.clone()));
    assert_eq!(terms(&store, &[uid(1)]).frozen, [uid(1)].into());
    let refused = intent(&store, pay(2, 1, 2, 100), store.now(AFTERNOON));
    assert_eq!(refused, Err(Refusal::PurseBlocked { why }));
    let frozen = store.frozen_cards().unwrap();
    assert_eq!((frozen.len(), &frozen[0].card), (1, &uid(1)));
    assert!(store.rebuild().unwrap().differences.is_empty());
    let events = free(&store, 1).unwrap();
    keep(&mut store, &events).unwrap();
    assert_eq!(store.card_blocked(&uid(1)).unwrap(), None);
    // Whoever frees it vouches for what it shows now.
    assert_eq!(store.seen_last(&uid(1)).unwrap(), None);
    assert!(store.rebuild().unwrap().differences.is_empty());
    assert_eq!(
        free(&store, 9),
        Err(Refusal::CardNotFrozen),
        "HQ's block is HQ's"
    );
}

#[test]
fn an_issued_card_is_known_and_counts_from_the_start() {
    let (_shop, mut store) = open();
    begun(&mut store, pay(1, 1, 1, 400));
    ended(&mut store, 1, EndEvidence::Hq(PurseEnd::NotDone));
    let issue = |replaces| {
        Command::IssueCard(IssueCard {
            card: uid(1),
            member: member_id(1),
            key_version: 1,
            expires: TODAY,
            replaces,
            cashier: anna(),
        })
    };
    assert_eq!(store.card_issued(&uid(1)).unwrap(), None);
    for replaces in [None, Some(uid(9))] {
        let events = decided_for(&store, uid(1), issue(replaces.clone())).unwrap();
        keep(&mut store, &events).unwrap();
        let issued = store.card_issued(&uid(1)).unwrap().unwrap();
        assert_eq!((issued.member, issued.replaces), (member_id(1), replaces));
    }
    assert_eq!(store.seen_last(&uid(1)).unwrap(), None);
    assert!(store.rebuild().unwrap().differences.is_empty());
}

/// A balance is put on one card, once, at the one terminal of the store that may.
#[test]
fn a_lost_cards_balance_is_carried_over_once() {
    let (_shop, mut store) = open();
    let restore = || {
        let action = PurseAction::Restore { from: uid(9) };
        begin(1, 8, action, 1_234, seen(0, 0, None))
    };
    assert_eq!(store.carry_overs(&uid(8)).unwrap(), sheet().carry_overs);
    assert_eq!(store.carry_overs(&uid(9)).unwrap(), sheet().carry_overs);
    assert_eq!(store.carry_overs(&uid(1)).unwrap(), []);
    let mut elsewhere = emoney_bundle(3);
    elsewhere.coupons.holder = Some(terminal(2));
    let now = store.now(AFTERNOON);
    store.adopt(&elsewhere, now).unwrap();
    assert_eq!(intent(&store, restore(), now), Err(Refusal::PurseOtherTill));
    store.adopt(&emoney_bundle(4), now).unwrap();
    done(&mut store, restore());
    let mut again = restore();
    (again.txid, again.before) = (tx(2), Some(seen(1_234, 1, Some(1))));
    assert_eq!(intent(&store, again, now), Err(Refusal::PurseTakenBack));
    // Even if HQ, not having heard of it, gives it to another card.
    let mut other = emoney_bundle(5);
    other.purse.as_mut().unwrap().carry_overs[0].to = uid(7);
    store.adopt(&other, now).unwrap();
    let mut again = restore();
    (again.txid, again.card) = (tx(3), uid(7));
    assert_eq!(intent(&store, again, now), Err(Refusal::PurseTakenBack));
}

#[test]
fn a_wrong_sheet_is_refused_and_the_one_in_force_stays() {
    let (_shop, mut store) = open();
    let now = store.now(AFTERNOON);
    let mut refused = |plant: &dyn Fn(&mut Bundle)| {
        let mut wrong = emoney_bundle(3);
        plant(&mut wrong);
        let error = store.adopt(&wrong, now).unwrap_err();
        assert_eq!(store.bundle_version(), 2);
        assert!(store.card_blocked(&uid(9)).unwrap().is_some());
        error
    };
    let purse = |bundle: &mut Bundle, plant: &dyn Fn(&mut PurseSheet)| {
        plant(bundle.purse.as_mut().unwrap())
    };
    for plant in [
        &|sheet: &mut PurseSheet| sheet.scheme.cap = eur(0) as _,
        &|sheet: &mut PurseSheet| sheet.blocked.filter = "AAAA".to_owned(),
        &|sheet: &mut PurseSheet| sheet.blocked.filter = HotList::build(Vec::new()).filter + "x",
    ] as [&dyn Fn(&mut PurseSheet); 3]
    {
        let error = refused(&|bundle| purse(bundle, plant));
        assert!(matches!(error, StoreError::WrongPurses(_)), "{error}");
    }
    let twice = refused(&|bundle| {
        purse(bundle, &|sheet| {
            sheet.carry_overs.push(sheet.carry_overs[0].clone())
        })
    });
    assert!(matches!(twice, StoreError::WrongBundle { .. }), "{twice}");
    let keys = refused(&|bundle| {
        let code_keys = vec![CodeKey::new([1; 32]); MEMBER_CODE_KEY_LIMIT + 1];
        bundle.member_codes = Some(MemberCodeSheet {
            code_keys,
            ..MemberCodeSheet::default()
        });
    });
    assert!(matches!(keys, StoreError::Limit { .. }), "{keys}");
}

/// A changed sheet under the same version is a changed bundle.
#[test]
fn the_sheet_is_part_of_what_a_version_means() {
    let (_shop, mut store) = open();
    let now = store.now(AFTERNOON);
    let plants: [fn(&mut Bundle); 3] = [
        |bundle| bundle.purse.as_mut().unwrap().desk.top_up = false,
        |bundle| bundle.purse = None,
        |bundle| bundle.member_codes = None,
    ];
    for plant in plants {
        let mut changed = emoney_bundle(2);
        plant(&mut changed);
        let error = store.adopt(&changed, now).unwrap_err();
        assert!(matches!(error, StoreError::ChangedBundle { version: 2 }));
    }
    assert_eq!(
        store.adopt(&emoney_bundle(2), now).unwrap(),
        tillside_store::Adopted::Already
    );
}
