//! After a fork: the till gets an epoch of its own, and what it tells again is booked once.

use crate::fixture::{Folder, balance, member};
use crate::journal::{Journal, NOON, Sale, outcomes};
use tillside_core::{Event, Hash, Head, Timestamp};
use tillside_hq::cases::CaseStore;
use tillside_hq::fleet::{EPOCH_LIMIT, FleetStore, NoEpoch};
use tillside_hq::reports::ReportStore;
use tillside_protocol::{EpochRequest, EpochResponse, Outcome};

fn earn(number: u128) -> Event {
    Sale::new(number).member(member(101)).points(1).event()
}

fn key(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

async fn ask(
    folder: &Folder,
    till: &Journal,
    from: Head,
    key: Hash,
) -> Result<EpochResponse, NoEpoch> {
    let head = till.head;
    let request = EpochRequest { from, head, key };
    let asked = folder.store.begin_epoch(till.terminal, request, NOON);
    asked.await.unwrap()
}

/// What a till does that got an epoch: everything after `from` again.
fn go_on(till: &Journal, from: Head, epoch: u32, events: Vec<Event>) -> Journal {
    let mut next = Journal {
        head: Head::genesis(till.terminal, epoch),
        records: Vec::new(),
        ..till.clone()
    };
    let closed = till.head;
    next.append(Event::EpochBegan { from, closed });
    for event in events {
        next.append(event);
    }
    next
}

/// Two records in common, a third at HQ, and a copy of the disk that sold something else since.
async fn forked() -> (Folder, Journal, Head, Journal) {
    let (folder, mut till, _) = Folder::chain().await;
    till.append(earn(1));
    till.append(earn(2));
    let (common, mut clone) = (till.head, till.clone());
    till.append(earn(3));
    till.push(&folder.store, &till.records).await;
    clone.append(earn(13));
    (folder, till, common, clone)
}

#[tokio::test]
async fn what_a_forked_till_tells_again_is_booked_once() {
    let (folder, mut till, common, clone) = forked().await;
    let store = &folder.store;
    clone.push(store, &clone.records).await;
    let before = balance(store, "900000001").await;
    let given = ask(&folder, &clone, common, key("a")).await.unwrap();
    let case = store.cases(false).await.unwrap()[0].case;
    assert_eq!(given, EpochResponse { epoch: 2, case });

    let next = go_on(&clone, common, 2, vec![earn(13)]);
    for _ in 0..2 {
        let response = next.push(store, &next.records).await;
        assert_eq!(response.head, next.head);
    }
    assert_eq!(balance(store, "900000001").await, before + 1);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.sales, counts.forked, counts.quarantined), (4, 1, 0));
    // HQ's own history goes on too, and somebody is asked why.
    assert_eq!(till.tell(store, earn(4)).await, Outcome::Accepted);
    assert_eq!(till.tell(store, earn(5)).await, Outcome::Accepted);
    let cases = store.cases(false).await.unwrap();
    let kinds: Vec<_> = cases.iter().map(|case| case.kind.as_str()).collect();
    assert_eq!(kinds, ["two_histories", "two_terminals"]);
    let heads = store.heads(till.terminal, 9).await.unwrap();
    assert_eq!(heads, [next.head, till.head]);
}

#[tokio::test]
async fn the_same_question_gets_the_same_epoch_and_a_copy_another() {
    let (folder, _, common, clone) = forked().await;
    let first = ask(&folder, &clone, common, key("a")).await.unwrap();
    assert_eq!(ask(&folder, &clone, common, key("a")).await, Ok(first));
    let other = ask(&folder, &clone, common, key("b")).await.unwrap();
    assert_eq!((first.epoch, other.epoch), (2, 3));
    // Nothing of the other history was sent: one case asks for both.
    assert_eq!(first.case, other.case);
    let cases = folder.store.cases(false).await.unwrap();
    assert_eq!((cases.len(), cases[0].seq), (1, 3));
    let file = folder.store.case(first.case).await.unwrap().unwrap();
    assert_eq!(file.records.len(), 1, "HQ's own record there");
    // A closed case is not asked again about what comes later.
    let closed = folder
        .store
        .close_case(first.case, "A copy.".to_owned(), Timestamp(NOON.0 + 1));
    closed.await.unwrap();
    let later = ask(&folder, &clone, common, key("c")).await.unwrap();
    assert_ne!(later.case, first.case);
}

#[tokio::test]
async fn no_epoch_without_a_fork() {
    let (folder, till, common, clone) = forked().await;
    let unknown = ask(&folder, &clone, clone.head, key("a")).await;
    assert_eq!(unknown, Err(NoEpoch::NotInCommon(3)));
    let same = ask(&folder, &till, till.head, key("a")).await;
    assert_eq!(same, Err(NoEpoch::NoFork));
    let foreign = Head::genesis(till.terminal, 9);
    assert_eq!(
        ask(&folder, &till, foreign, key("a")).await,
        Err(NoEpoch::NoFork)
    );
    for number in 1..EPOCH_LIMIT {
        ask(&folder, &clone, common, key(&number.to_string()))
            .await
            .unwrap();
    }
    assert_eq!(
        ask(&folder, &clone, common, key("x")).await,
        Err(NoEpoch::TooMany)
    );
    assert_eq!(
        folder.store.heads(till.terminal, 9).await.unwrap(),
        [till.head]
    );
}

#[tokio::test]
async fn a_till_that_lost_everything_begins_again() {
    let (folder, till, _, _) = forked().await;
    let empty = Journal {
        head: Head::genesis(till.terminal, 1),
        records: Vec::new(),
        ..till.clone()
    };
    let given = ask(&folder, &empty, empty.head, key("a")).await.unwrap();
    let next = go_on(&empty, empty.head, given.epoch, vec![earn(21)]);
    let response = next.push(&folder.store, &next.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 2]);
}

#[tokio::test]
async fn an_epoch_waits_for_the_record_it_goes_on_from() {
    let (folder, mut till, _) = Folder::chain().await;
    till.append(earn(1));
    till.append(earn(2));
    let from = till.head;
    // HQ was restored to before it had record 2.
    till.push(&folder.store, &till.records[..1]).await;
    let next = go_on(&till, from, 2, vec![earn(3)]);
    let early = next.push(&folder.store, &next.records).await;
    assert_eq!(outcomes(&early), vec![Outcome::Missing; 2]);
    assert_eq!(early.head, Head::genesis(till.terminal, 2));
    till.push(&folder.store, &till.records).await;
    let response = next.push(&folder.store, &next.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 2]);
    // HQ did not give that epoch, or has forgotten it: somebody is asked.
    let cases = folder.store.cases(true).await.unwrap();
    assert_eq!((cases.len(), cases[0].kind.as_str()), (1, "two_histories"));
    assert!(cases[0].words.contains("forgotten"), "{}", cases[0].words);
}

/// A disk that was put back to before an epoch tells its end again in another one.
#[tokio::test]
async fn what_comes_in_two_later_epochs_is_booked_once_and_what_differs_is_a_case() {
    let (folder, till, common, clone) = forked().await;
    let store = &folder.store;
    clone.push(store, &clone.records).await;
    let void = Sale::new(13).member(member(101)).points(1).void();
    let mut twice = go_on(&clone, common, 2, vec![earn(13), void.clone()]);
    twice.push(store, &twice.records).await;
    let before = (
        balance(store, "900000001").await,
        store.counts().await.unwrap(),
    );
    assert_eq!((before.1.sales, before.1.voided), (4, 1));

    let again = go_on(&clone, common, 3, vec![earn(13), void.clone()]);
    let response = again.push(store, &again.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);
    let after = (
        balance(store, "900000001").await,
        store.counts().await.unwrap(),
    );
    assert_eq!((after.0, after.1.sales, after.1.voided), (before.0, 4, 1));
    assert_eq!(after.1.quarantined, 0);
    // Another sale under the id, and another void of it, are no repetition.
    let other = Sale::new(13).member(member(101)).points(2).event();
    for event in [other, void] {
        let outcome = twice.tell(store, event).await;
        assert!(
            matches!(outcome, Outcome::Quarantined { .. }),
            "{outcome:?}"
        );
    }
    assert_eq!(balance(store, "900000001").await, before.0);
    // In the first epoch nothing is told again.
    let mut first = till;
    let outcome = first.tell(store, earn(3)).await;
    assert!(
        matches!(outcome, Outcome::Quarantined { .. }),
        "{outcome:?}"
    );
}
