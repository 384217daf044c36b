//! Shares of one quota: kept over a restart, sent again until taken, never more than there is.

use crate::fixture::Folder;
use crate::ingest::case_of;
use crate::journal::{Journal, NOON, Sale, outcomes};
use tillside_core::authority::*;
use tillside_core::engine::Document;
use tillside_core::*;
use tillside_hq::cases::CaseStore;
use tillside_hq::catalogue::CatalogueStore;
use tillside_hq::coupons::CouponStore;
use tillside_hq::coupons::import::coupons;
use tillside_hq::import::Policy;
use tillside_hq::leases::{LEASE_MS, LeaseAnswer, LeaseStore};
use tillside_hq::reports::ReportStore;
use tillside_hq::store::StoreError;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{LeaseRequest, LeaseWish, Outcome};

const SECRET: [u8; 32] = [7; 32];

fn rules(quota: u64) -> Document {
    let text = format!(
        r#"{{"v":1,"rules":[],"plans":[{{"plan":"FIRST","name":"First","effect":{{"kind":"percent_off","basis_points":1000}},
        "valid_from":"2026-01-01","valid_until":"2027-12-31","funder":"chain","proof":{{"lease":{{"code":"FIRST5","quota":{quota}}}}}}}]}}"#
    );
    Document::read(text.as_bytes()).unwrap()
}

fn subject() -> Subject {
    quota_of(&PlanId::new("FIRST").unwrap()).unwrap()
}

/// A till with what it holds, dark but for [`Till::sync`].
struct Till(Holder, TerminalId);

impl Till {
    fn of(journal: &Journal) -> Self {
        let terminal = journal.terminal;
        Self(Holder::new(terminal, 1), terminal)
    }

    fn request(&self, answers: Timestamp) -> LeaseRequest {
        let (subject, report) = (subject(), self.0.report(answers));
        let wishes = vec![LeaseWish {
            subject,
            left: 0,
            want: None,
        }];
        let request = LeaseRequest { report, wishes };
        request.check(self.1).unwrap();
        request
    }

    /// Asks, and takes what comes. Gives how much it may spend then.
    async fn sync(&mut self, store: &SqliteStore, now: Timestamp) -> u64 {
        for fact in self.0.close_ended(now) {
            self.0.apply(&fact);
        }
        let answer = store.lease(self.request(now), now).await.unwrap();
        self.take(&answer, now);
        self.0.left(&subject(), now)
    }

    fn take(&mut self, answer: &LeaseAnswer, now: Timestamp) {
        for terms in &answer.granted {
            let bytes = terms.seal(&SECRET).unwrap();
            let allowance = Allowance::open(&bytes, &[CodeKey::of_secret(&SECRET)]).unwrap();
            let fact = self.0.accept(&allowance, now).unwrap();
            self.0.apply(&fact);
        }
        if let Some(fact) = self.0.settle(&answer.settled, now) {
            self.0.apply(&fact);
        }
    }

    /// Spends all it has.
    fn spend(&mut self, now: Timestamp) -> u64 {
        let mut spent = 0;
        while let Ok(fact) = self.0.spend(&subject(), 1, now) {
            self.0.apply(&fact);
            spent += 1;
        }
        spent
    }
}

async fn chain(quota: u64) -> (Folder, Till, Till) {
    let (folder, first, second) = Folder::chain().await;
    folder.store.import_rules(rules(quota), NOON).await.unwrap();
    (folder, Till::of(&first), Till::of(&second))
}

async fn figures(store: &SqliteStore, now: Timestamp) -> Figures {
    store.quotas(now).await.unwrap()[0].1
}

fn minutes(n: i64) -> Timestamp {
    Timestamp(NOON.0 + n * 60_000)
}

#[tokio::test]
async fn two_tills_share_five_uses_and_all_five_can_be_used_where_the_demand_is() {
    let (folder, mut first, mut second) = chain(5).await;
    assert!(first.sync(&folder.store, NOON).await > 0);
    assert!(second.sync(&folder.store, NOON).await > 0);
    let mut used = first.spend(NOON);
    for n in 1..10 {
        first.sync(&folder.reopened(), minutes(n)).await;
        used += first.spend(minutes(n));
    }
    let held = second.0.left(&subject(), minutes(10));
    assert!(used + held == 5 && held == 1, "{used} used, {held} held");
    // What the other till does not need goes back and over.
    let ids: Vec<AllowanceId> = second
        .0
        .report(NOON)
        .lines
        .iter()
        .map(|l| l.allowance)
        .collect();
    for id in ids {
        let fact = second.0.give_back(id, minutes(10)).unwrap();
        second.0.apply(&fact);
    }
    let report = LeaseRequest {
        wishes: Vec::new(),
        ..second.request(minutes(10))
    };
    folder.store.lease(report, minutes(10)).await.unwrap();
    first.sync(&folder.store, minutes(11)).await;
    assert_eq!(used + first.spend(minutes(11)), 5);
    first.sync(&folder.store, minutes(12)).await;
    assert_eq!(first.spend(minutes(12)), 0);
    let figures = figures(&folder.store, minutes(12)).await;
    assert_eq!((figures.used, figures.free, figures.beyond), (5, 0, 0));
}

/// Two tills of a large campaign: an eighth each at first, and more as they show that they use it.
#[tokio::test]
async fn a_till_holds_little_of_a_large_quota_until_it_uses_some() {
    let (folder, mut first, mut second) = chain(8_000).await;
    assert_eq!(first.sync(&folder.store, NOON).await, 1_000);
    assert_eq!(second.sync(&folder.store, NOON).await, 1_000);
    // Asking again gives no more, whatever lies at HQ.
    assert_eq!(second.sync(&folder.store, minutes(1)).await, 1_000);
    assert_eq!(first.spend(minutes(1)), 1_000);
    first.sync(&folder.store, minutes(2)).await;
    assert_eq!(first.sync(&folder.store, minutes(2)).await, 3_000);
    // It ends: all that is not in the dark is used.
    let mut used = 1_000;
    for n in 3..40 {
        used += first.spend(minutes(n));
        first.sync(&folder.store, minutes(n)).await;
    }
    assert_eq!(used, 7_000);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_and_costs_nothing_more() {
    let (folder, mut till, _) = chain(100).await;
    let lost = folder.store.lease(till.request(NOON), NOON).await.unwrap();
    let request = LeaseRequest {
        wishes: Vec::new(),
        ..till.request(minutes(1))
    };
    let again = folder.reopened().lease(request, minutes(1)).await.unwrap();
    assert_eq!(again, lost);
    till.take(&again, minutes(1));
    let request = LeaseRequest {
        wishes: Vec::new(),
        ..till.request(minutes(2))
    };
    let taken = folder.store.lease(request, minutes(2)).await.unwrap();
    assert_eq!(taken.granted, []);
}

#[tokio::test]
async fn a_dark_tills_share_is_not_given_again_when_it_ends() {
    let (folder, mut dark, mut other) = chain(4).await;
    let share = dark.sync(&folder.store, NOON).await;
    let late = Timestamp(NOON.0 + 3 * LEASE_MS);
    let mut used = 0;
    for n in 0..10 {
        let now = Timestamp(late.0 + n);
        other.sync(&folder.store, now).await;
        used += other.spend(now);
    }
    assert!(share > 0 && share + used == 4, "{share}, {used}");
    assert_eq!(figures(&folder.store, late).await.in_doubt, share);
    // Its word frees what it did not use.
    for fact in dark.0.close_ended(late) {
        dark.0.apply(&fact);
    }
    let report = LeaseRequest {
        wishes: Vec::new(),
        ..dark.request(late)
    };
    let answer = folder.store.lease(report, late).await.unwrap();
    assert_eq!(answer.settled.len(), 1);
    let mut again = 0;
    for n in 10..20 {
        let now = Timestamp(late.0 + n);
        other.sync(&folder.store, now).await;
        again += other.spend(now);
    }
    assert_eq!(used + again, 4);
}

#[tokio::test]
async fn a_campaign_that_left_the_rules_leases_nothing_and_still_hears() {
    let (folder, mut till, _) = chain(10).await;
    assert!(till.sync(&folder.store, NOON).await > 0);
    let used = till.spend(NOON);
    folder
        .store
        .import_rules(Document::empty(), NOON)
        .await
        .unwrap();
    assert_eq!(till.sync(&folder.store, minutes(1)).await, 0);
    assert_eq!(figures(&folder.store, minutes(1)).await.used, used);
}

/// A sale with one shared code of a plan, out of these allowances.
fn shared(number: u128, plan: &str, parts: &[(AllowanceId, u64)]) -> Sale {
    let part = |(allowance, amount): &(AllowanceId, u64)| Part {
        allowance: *allowance,
        amount: *amount,
    };
    let parts: Vec<Part> = parts.iter().map(part).collect();
    let (store, plan) = (StoreId::new("S1").unwrap(), PlanId::new(plan).unwrap());
    Sale::new(number).coupon("FIRST5", &store).change(|sale| {
        sale.coupons[0].proof = Proof::Lease { parts };
        sale.coupons[0].plan = plan.clone();
        sale.discounts[0].plan = plan;
    })
}

fn granted(till: &Till) -> AllowanceId {
    till.0.report(NOON).lines[0].allowance
}

#[tokio::test]
async fn a_use_out_of_the_tills_share_is_taken_in_and_reported_by_plan() {
    let (folder, mut journal, _) = Folder::chain().await;
    folder.store.import_rules(rules(5), NOON).await.unwrap();
    let mut till = Till::of(&journal);
    till.sync(&folder.store, NOON).await;
    let id = granted(&till);
    let (first, second) = (
        shared(1, "FIRST", &[(id, 1)]),
        shared(2, "FIRST", &[(id, 1)]),
    );
    journal.append(first.event());
    journal.append(second.event());
    let mut void = first.void();
    if let Event::SaleVoided(void) = &mut void {
        let (number, released) = (void.coupons[0].clone(), Vec::new());
        void.leased = vec![LeasedBack { number, released }];
    }
    journal.append(void);
    let (epoch, at) = (2, NOON);
    let fact = HolderFact::EpochBegun { epoch, at };
    journal.append(Event::Allowance { fact });
    let response = journal.push(&folder.store, &journal.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 4]);
    let rows = folder.store.redemptions().await.unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.plan.as_str(), row.number.as_str(), row.voided))
        .collect();
    assert_eq!(
        rows,
        [("FIRST", "FIRST5", true), ("FIRST", "FIRST5", false)]
    );
    assert_eq!(folder.store.counts().await.unwrap().redemptions, 1);
}

fn taken(terms: &Terms) -> Event {
    let (terms, at) = (terms.clone(), NOON);
    Event::Allowance {
        fact: HolderFact::Accepted { terms, at },
    }
}

/// Its database was put back to before it gave any share.
#[tokio::test]
async fn shares_that_hq_has_forgotten_count_again_and_their_uses_stand() {
    let (folder, mut journal, other) = Folder::chain().await;
    let store = &folder.store;
    store.import_rules(rules(8), NOON).await.unwrap();
    let (mut first, mut second) = (Till::of(&journal), Till::of(&other));
    assert_eq!(first.sync(store, NOON).await, 2);
    let id = granted(&first);
    let terms = first.0.held(id).unwrap().terms.clone();
    let forget = "DELETE FROM lease_fact; DELETE FROM lease_serial";
    folder.database().execute_batch(forget).unwrap();
    // Another's share, which this till only says that it took, is nothing.
    let theirs = Terms {
        id: AllowanceId::new(uuid::Uuid::from_u128(9)),
        holder: second.1,
        ..terms.clone()
    };
    for event in [taken(&theirs), taken(&terms), taken(&terms)] {
        journal.append(event);
    }
    journal.append(shared(1, "FIRST", &[(id, 1)]).event());
    let response = journal.push(store, &journal.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 4]);
    assert_eq!(store.counts().await.unwrap().redemptions, 1);
    let cases = store.cases(false).await.unwrap();
    let kinds: Vec<_> = cases.iter().map(|case| case.kind.as_str()).collect();
    assert_eq!(kinds, ["share_recovered"]);
    // It is not given twice: the other till gets what is left, and no more.
    let mut left = 0;
    for n in 0..20 {
        second.sync(store, minutes(n)).await;
        left += second.spend(minutes(n));
    }
    assert_eq!(left, 6);
    assert_eq!(figures(store, minutes(20)).await.total, 8);
}

/// What the till has forgotten, since HQ settled it, HQ learns again from the journal and not from a report
/// in which it is missing.
/// A till that asks for the first time, of a chain that has nothing but a quota of five.
pub(crate) async fn wish(store: &SqliteStore) -> Result<LeaseAnswer, StoreError> {
    store.import_rules(rules(5), NOON).await?;
    let till = TerminalId::new(uuid::Uuid::from_u128(9));
    let till = Till(Holder::new(till, 1), till);
    store.lease(till.request(NOON), NOON).await
}

#[tokio::test]
async fn a_database_that_is_put_back_gives_no_share_twice() {
    let (folder, mut first, mut second) = chain(5).await;
    let backup = folder.path().join("backup.db");
    let copied = format!("VACUUM INTO '{}'", backup.display());
    folder.database().execute_batch(&copied).unwrap();
    first.sync(&folder.store, NOON).await;
    second.sync(&folder.store, NOON).await;
    let spent = first.spend(NOON) + second.spend(NOON);
    assert!(spent > 0);

    // Only the database is put back. The first till calls, the second stays dark.
    let restored = SqliteStore::open(&backup).unwrap();
    let restored = restored.with_share_log(&folder.path().join("hq.shares"));
    assert_eq!(restored.recall_shares(NOON).await.unwrap(), 2);
    assert_eq!(restored.recall_shares(NOON).await.unwrap(), 0);
    let mut all = spent;
    for minute in 1..9 {
        first.sync(&restored, minutes(minute)).await;
        all += first.spend(minutes(minute));
    }
    all += second.spend(NOON);
    assert_eq!(all, 5, "{spent} of them before");
    // Serials go on after those that were given.
    second.sync(&restored, minutes(9)).await;
}

#[tokio::test]
async fn a_share_that_ended_before_hq_was_put_back_is_not_free_again() {
    let (folder, mut journal, _) = Folder::chain().await;
    let store = &folder.store;
    store.import_rules(rules(8), NOON).await.unwrap();
    let mut till = Till::of(&journal);
    till.sync(store, NOON).await;
    let id = granted(&till);
    let terms = till.0.held(id).unwrap().terms.clone();
    journal.append(taken(&terms));
    journal.push(store, &journal.records).await;
    let backup = folder.path().join("backup.db");
    let copied = format!("VACUUM INTO '{}'", backup.display());
    folder.database().execute_batch(&copied).unwrap();

    assert_eq!(till.spend(NOON), 2);
    let over = Timestamp(NOON.0 + 2 * LEASE_MS);
    let closed = till.0.close_ended(over);
    for fact in closed {
        till.0.apply(&fact);
        journal.append(Event::Allowance { fact });
    }
    // HQ settles it, and the till forgets it.
    till.sync(store, over).await;
    assert!(till.0.held(id).is_none());
    let newest = till.0.report(over).lines.len();
    let restored = SqliteStore::open(&backup).unwrap();
    journal.push(&restored, &journal.records).await;
    let known = restored.quotas(over).await.unwrap()[0].1;
    assert_eq!((known.used, known.in_the_field + known.in_doubt), (2, 0));
    restored.lease(till.request(over), over).await.unwrap();
    let known = restored.quotas(over).await.unwrap()[0].1;
    assert_eq!(
        (known.used, known.total),
        (2, 8),
        "{newest} lines, {known:?}"
    );
}

#[tokio::test]
async fn a_use_out_of_no_share_of_this_till_for_this_plan_becomes_a_case() {
    let (folder, mut first, second) = Folder::chain().await;
    folder.store.import_rules(rules(5), NOON).await.unwrap();
    let mut share = [&first, &second].map(Till::of);
    for till in &mut share {
        till.sync(&folder.store, NOON).await;
    }
    let [own, theirs] = share.each_ref().map(granted);
    let nobodys = AllowanceId::new(uuid::Uuid::from_u128(1));
    for (number, plan, id) in [
        (1, "FIRST", nobodys),
        (2, "FIRST", theirs),
        (3, "SPRING-5", own),
    ] {
        let sale = shared(number, plan, &[(id, 1)]);
        let case = case_of(&folder.store, &mut first, sale.event()).await;
        assert_eq!(case.0, "share_unknown", "{case:?}");
    }
    for (number, parts) in [
        (10, &[][..]),
        (11, &[(own, 2)]),
        (12, &[(own, 1), (own, 1)]),
    ] {
        let sale = shared(number, "FIRST", parts);
        let case = case_of(&folder.store, &mut first, sale.event()).await;
        assert!(case.1.contains("share"), "{case:?}");
    }
}

#[tokio::test]
async fn a_number_that_is_the_code_of_a_quota_is_not_imported() {
    let (folder, _, _) = Folder::chain().await;
    folder.store.import_rules(rules(5), NOON).await.unwrap();
    let import = async |number: &str| {
        let file = format!("number,plan,store\n{number},FIRST,S1\n");
        let parsed = coupons(file.as_bytes()).unwrap();
        let imported = folder
            .store
            .import_coupons(parsed, Policy::AllOrNothing)
            .await;
        let bad = imported.unwrap().bad;
        bad.iter().map(ToString::to_string).collect::<String>()
    };
    let words = import("FIRST5").await;
    assert!(words.contains("the code of a plan with a quota"), "{words}");
    assert_eq!(import("FIRST6").await, "");
}
