//! Members and their cards at the desk, and replacements whose balance is on its way.

use crate::emoney::*;
use crate::shop::*;
use tillside_core::*;
use tillside_store::{Need, Store};

fn issue(store: &mut Store, n: u32, to: u128, replaces: Option<CardIdentity>) {
    let command = Command::IssueCard(IssueCard {
        card: uid(n),
        member: member_id(to),
        key_version: 1,
        expires: TODAY,
        replaces,
        cashier: anna(),
    });
    let need = Need {
        cards: vec![uid(n)],
        ..Need::default()
    };
    let events = decided(store, &need, command, store.now(AFTERNOON)).unwrap();
    keep(store, &events).unwrap();
}

fn restore(n: u64) -> BeginPurse {
    let action = PurseAction::Restore { from: uid(9) };
    begin(n, 8, action, 1_234, seen(0, 0, None))
}

#[test]
fn members_are_found_by_parts_of_their_names_in_any_case() {
    let (_shop, mut store) = open();
    let mut bundle = emoney_bundle(3);
    for (entry, name) in bundle
        .members
        .members
        .iter_mut()
        .zip(["Clara Weiss", "Čeněk Weiss"])
    {
        entry.display_name = name.to_owned();
    }
    store.adopt(&bundle, store.now(AFTERNOON)).unwrap();
    let names = |text: &str, limit| -> Vec<String> {
        let found = store.members_like(text, limit).unwrap();
        found
            .into_iter()
            .map(|member| member.display_name)
            .collect()
    };
    assert_eq!(names("cla", 9), ["Clara Weiss"]);
    assert_eq!(names("WEISS clara", 9), ["Clara Weiss"]);
    assert_eq!(names("čeněk", 9), ["Čeněk Weiss"]);
    assert_eq!(names("weiss", 1).len(), 1);
    assert_eq!(names("weiss", 9).len(), 2);
    assert_eq!(names("%", 9), Vec::<String>::new());
    assert_eq!(names("clara x", 9), Vec::<String>::new());
}

#[test]
fn a_member_has_the_cards_that_were_issued_here_newest_first() {
    let (_shop, mut store) = open();
    assert_eq!(store.cards_issued_to(&member_id(1)).unwrap(), []);
    issue(&mut store, 3, 1, None);
    issue(&mut store, 4, 1, None);
    issue(&mut store, 5, 2, None);
    issue(&mut store, 3, 1, Some(uid(7)));
    assert_eq!(
        store.cards_issued_to(&member_id(1)).unwrap(),
        [uid(3), uid(4)]
    );
}

/// What HQ released and what was issued here are one list, until the balance is on the new card.
#[test]
fn a_replacement_waits_until_its_balance_is_carried_over() {
    let (_shop, mut store) = open();
    let lost = |store: &Store| -> Vec<_> {
        let list = store.replaced().unwrap().into_iter();
        list.map(|one| (one.lost, one.at.is_some(), one.due.is_some(), one.open))
            .collect()
    };
    assert!(store.carries_over());
    assert_eq!(lost(&store), [(uid(9), false, true, None)]);
    issue(&mut store, 8, 1, Some(uid(9)));
    issue(&mut store, 3, 1, Some(uid(2)));
    let waiting = (uid(2), true, false, None);
    assert_eq!(lost(&store), [(uid(9), true, true, None), waiting.clone()]);
    assert_eq!(store.replaced().unwrap()[0].member, Some(member_id(1)));
    assert_eq!(store.stands_in_for(&uid(2)).unwrap(), Some(uid(3)));
    assert_eq!(store.stands_in_for(&uid(3)).unwrap(), None);
    begun(&mut store, restore(1));
    unknown(&mut store, 1);
    assert_eq!(
        lost(&store),
        [(uid(9), true, true, Some(tx(1))), waiting.clone()]
    );
    ended(&mut store, 1, EndEvidence::Hq(PurseEnd::NotDone));
    assert_eq!(lost(&store), [(uid(9), true, true, None), waiting.clone()]);
    done(&mut store, restore(2));
    assert_eq!(lost(&store), [waiting]);
    let mut elsewhere = emoney_bundle(3);
    elsewhere.coupons.holder = Some(terminal(2));
    store.adopt(&elsewhere, store.now(AFTERNOON)).unwrap();
    assert!(!store.carries_over());
}
