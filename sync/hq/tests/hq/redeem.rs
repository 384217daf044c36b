//! Points that tills may spend: never more than there are, whoever asks, in whatever order it is told.

use crate::fixture::{Folder, balance, member};
use crate::ingest::case_of;
use crate::journal::{Journal, NOON, Sale, eur};
use tillside_core::authority::*;
use tillside_core::engine::Document;
use tillside_core::*;
use tillside_hq::catalogue::CatalogueStore;
use tillside_hq::leases::LeaseStore;
use tillside_hq::members::MemberStore;
use tillside_hq::members::adjust::Adjustment;
use tillside_hq::reports::ReportStore;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{LeaseRequest, LeaseWish, Outcome};

const SECRET: [u8; 32] = [7; 32];
const ADA: &str = "900000001";

fn rules() -> Document {
    let text = r#"{"v":2,"rules":[],"points":{"redeem":{"points":1,"worth":{"minor":1,"currency":"EUR"},
        "dark":{"points":30,"days":14}}}}"#;
    Document::read(text.as_bytes()).unwrap()
}

fn subject() -> Subject {
    points_of(member(101))
}

fn hours(n: i64) -> Timestamp {
    Timestamp(NOON.0 + n * 3_600_000)
}

/// A till with its journal and what it may spend.
struct Till {
    journal: Journal,
    holder: Holder,
    call: Timestamp,
    sales: Vec<Sale>,
}

impl Till {
    fn of(journal: Journal) -> Self {
        let holder = Holder::new(journal.terminal, 1);
        let (call, sales) = (Timestamp(0), Vec::new());
        Self {
            journal,
            holder,
            call,
            sales,
        }
    }

    fn left(&self, now: Timestamp) -> u64 {
        self.holder.left(&subject(), now)
    }

    fn does(&mut self, fact: HolderFact) {
        self.holder.apply(&fact);
        self.journal.append(Event::Allowance { fact });
    }

    /// Asks HQ; gives what it may spend then.
    async fn ask(&mut self, store: &SqliteStore, want: Option<u64>, now: Timestamp) -> u64 {
        for fact in self.holder.close_ended(now) {
            self.does(fact);
        }
        let request = LeaseRequest {
            report: self.holder.report(self.call),
            wishes: vec![LeaseWish {
                subject: subject(),
                left: self.left(now),
                want,
            }],
        };
        request.check(self.journal.terminal).unwrap();
        let answer = store.lease(request, now).await.unwrap();
        for terms in &answer.granted {
            let bytes = terms.seal(&SECRET).unwrap();
            let allowance = Allowance::open(&bytes, &[CodeKey::of_secret(&SECRET)]).unwrap();
            let fact = self.holder.accept(&allowance, now).unwrap();
            self.does(fact);
        }
        if let Some(fact) = self.holder.settle(&answer.settled, now) {
            self.does(fact);
        }
        self.call = now;
        self.left(now)
    }

    /// A sale of 10.00 that so many points pay in part, in the journal and not told.
    fn spend(&mut self, number: u128, points: u64, now: Timestamp) -> Sale {
        let fact = self.holder.spend(&subject(), points, now).unwrap();
        let parts = fact.spent().to_vec();
        self.holder.apply(&fact);
        let points = i64::try_from(points).unwrap();
        let sale = Sale::new(number).member(member(101)).of(4).change(|sale| {
            let spent = PointsSpent {
                points: Points(points),
                parts,
            };
            sale.tenders[0].amount = eur(1000 - points);
            sale.tenders.push(Tender::points(spent, eur(points)));
        });
        self.journal.append(sale.event());
        sale
    }

    async fn tell(&self, store: &SqliteStore) {
        let told = self.journal.push(store, &self.journal.records).await;
        assert!(
            told.acks
                .iter()
                .all(|ack| !matches!(ack.outcome, Outcome::Quarantined { .. }))
        );
    }
}

async fn chain() -> (Folder, Till, Till) {
    let (folder, first, second) = Folder::chain().await;
    folder.store.import_rules(rules(), NOON).await.unwrap();
    (folder, Till::of(first), Till::of(second))
}

/// What Ada may spend by HQ's book, which is what her lots say.
async fn has(folder: &Folder, at: Timestamp) -> i64 {
    let account = folder.store.member_account(ADA, at).await.unwrap().unwrap();
    assert!(account.agrees(at), "{account:?}");
    assert!(account.lots.balance(at).adds_up());
    assert!(folder.store.check_ledger().await.unwrap().holds());
    balance(&folder.store, ADA).await
}

#[tokio::test]
async fn two_tills_never_get_more_than_there_is() {
    let (folder, mut first, mut second) = chain().await;
    let store = &folder.store;
    // Ada has 100. One till keeps 30 aside, the other wants 80 and gets what is free.
    assert_eq!(first.ask(store, None, NOON).await, 30);
    assert_eq!(
        first.ask(store, None, hours(1)).await,
        30,
        "it has its 30 already"
    );
    assert_eq!(second.ask(store, Some(80), NOON).await, 70);
    assert_eq!(second.ask(store, Some(80), NOON).await, 70);
    second.spend(1, 50, NOON);
    // Untold, the 50 count in the till's allowance; told, in the ledger; never in both.
    assert_eq!(first.ask(store, Some(90), NOON).await, 30);
    second.tell(store).await;
    assert_eq!(has(&folder, NOON).await, 50);
    assert_eq!(first.ask(store, Some(90), NOON).await, 30);
    // What the other gives back is free again.
    let id = second.holder.all().next().unwrap().terms.id;
    let back = second.holder.give_back(id, NOON).unwrap();
    second.does(back);
    second.tell(store).await;
    assert_eq!(first.ask(store, Some(90), NOON).await, 50);
    first.spend(2, 50, NOON);
    first.tell(store).await;
    assert_eq!(has(&folder, NOON).await, 0);
    assert_eq!(second.ask(store, Some(1), NOON).await, 0);
    assert_eq!(first.ask(store, None, NOON).await, 0);
}

#[tokio::test]
async fn a_void_and_goods_that_come_back_give_the_points_back() {
    let (folder, mut till, mut other) = chain().await;
    let store = &folder.store;
    till.ask(store, Some(100), NOON).await;
    let sale = till.spend(1, 40, NOON);
    let parts = till.holder.all().next().map(|held| Part {
        allowance: held.terms.id,
        amount: 40,
    });
    let released = till.holder.release(&[parts.unwrap()], NOON).unwrap();
    let HolderFact::Released { parts, .. } = released.clone() else {
        unreachable!()
    };
    till.holder.apply(&released);
    let Event::SaleVoided(mut void) = sale.void() else {
        unreachable!()
    };
    void.points = parts;
    till.journal.append(Event::SaleVoided(void));
    till.tell(store).await;
    assert_eq!(has(&folder, NOON).await, 100);
    assert_eq!(till.left(NOON), 100, "it may spend them again");
    assert_eq!(other.ask(store, Some(1), NOON).await, 0, "and nobody else");

    let sale = till.spend(2, 50, NOON);
    till.journal.append(sale.back(1, 1, 0));
    till.tell(store).await;
    // A quarter of 50, rounded up.
    assert_eq!(has(&folder, NOON).await, 50 + 13 - 1);
    assert_eq!(
        other.ask(store, Some(100), NOON).await,
        12,
        "what came back is nobody's"
    );
    till.journal.append(sale.back(2, 3, 1));
    till.tell(store).await;
    assert_eq!(has(&folder, NOON).await, 100);
    assert_eq!(other.ask(store, Some(100), NOON).await, 50);
}

#[tokio::test]
async fn points_that_hq_did_not_let_this_till_spend_are_a_case() {
    let (folder, mut till, mut other) = chain().await;
    let store = &folder.store;
    till.ask(store, Some(40), NOON).await;
    let of_another = till.spend(1, 10, NOON);
    let (kind, words) = case_of(store, &mut other.journal, of_another.event()).await;
    assert_eq!(kind, "share_unknown");
    assert!(words.contains("did not give this till"), "{words}");
    let sale = till.spend(2, 10, NOON);
    for change in [
        (|sale| sale.customer = None) as fn(&mut SaleCompleted),
        |sale| sale.tenders[1].points.as_mut().unwrap().points = Points(11),
        |sale| sale.tenders[1].points.as_mut().unwrap().parts.clear(),
        |sale| {
            let twice = sale.tenders[1].clone();
            sale.tenders[0].amount = eur(980);
            sale.tenders.push(twice);
        },
    ] {
        let Event::SaleCompleted(mut changed) = sale.event() else {
            unreachable!()
        };
        changed.sale = SaleId::new(uuid::Uuid::from_u128(77));
        change(&mut changed);
        let (kind, _) = case_of(store, &mut other.journal, Event::SaleCompleted(changed)).await;
        assert_eq!(kind, "does_not_add_up");
    }
    assert_eq!(has(&folder, NOON).await, 100);
}

#[tokio::test]
async fn nothing_is_let_where_the_rules_take_no_points_or_that_expires_before() {
    let (folder, mut till, _) = chain().await;
    let store = &folder.store;
    let short = Sale::new(9).member(member(101)).points(500).change(|sale| {
        sale.lots[0].expires_on = Some(sale.date.tomorrow().unwrap());
    });
    till.journal.append(short.event());
    till.tell(store).await;
    assert_eq!(till.ask(store, Some(1_000), NOON).await, 600, "for an hour");
    let id = till.holder.all().next().unwrap().terms.id;
    let back = till.holder.give_back(id, NOON).unwrap();
    till.does(back);
    till.tell(store).await;
    store
        .adjust(
            ADA,
            Adjustment {
                points: Points(-90),
                funder: FunderId::new("chain").unwrap(),
                reason: "a test".to_owned(),
                last_day: None,
            },
            NOON,
        )
        .await
        .unwrap()
        .unwrap();
    // 510 are left, of which 410 end tomorrow: in fourteen days there are 100.
    assert_eq!(till.ask(store, None, NOON).await, 30);
    let none = r#"{"v":2,"rules":[]}"#;
    store
        .import_rules(Document::read(none.as_bytes()).unwrap(), NOON)
        .await
        .unwrap();
    assert_eq!(
        till.ask(store, Some(1_000), NOON).await,
        30,
        "no more than it has"
    );
}

/// A till burns down with what it kept aside: that is free again when a person says so, and not before it is over.
#[tokio::test]
async fn what_a_till_took_along_for_good_is_freed_by_a_person() {
    let (folder, mut lost, mut other) = chain().await;
    let store = &folder.store;
    lost.ask(store, None, NOON).await;
    lost.spend(1, 10, NOON);
    lost.tell(store).await;
    lost.spend(2, 5, NOON);
    let aside = store.set_aside(ADA).await.unwrap().unwrap();
    assert_eq!((aside.len(), aside[0].points), (1, 30));
    let (ends, over) = (aside[0].until, aside[0].over);
    assert!(ends < over);
    let before = Timestamp(over.0 - 1);
    assert_eq!(
        store.free_points(ADA, "burnt", before).await.unwrap(),
        Some(0)
    );
    assert_eq!(other.ask(store, Some(100), over).await, 70);
    assert_eq!(
        store.free_points("900000777", "burnt", over).await.unwrap(),
        None
    );
    // What it told is spent; the rest is not.
    assert_eq!(
        store.free_points(ADA, "burnt", over).await.unwrap(),
        Some(20)
    );
    assert_eq!(
        store.free_points(ADA, "burnt", over).await.unwrap(),
        Some(0)
    );
    assert_eq!(other.ask(store, Some(100), over).await, 90);
    assert!(
        store
            .set_aside(ADA)
            .await
            .unwrap()
            .unwrap()
            .iter()
            .all(|left| left.terminal != lost.journal.terminal)
    );
    // It comes back after all: what it spent is booked.
    lost.tell(store).await;
    assert_eq!(has(&folder, NOON).await, 85);
    let why: String = folder
        .database()
        .query_row("SELECT reason FROM lease_given_up", [], |row| row.get(0))
        .unwrap();
    assert_eq!(why, "burnt");
}

/// Whatever two tills ask for, spend, give back, void and tell, late or at once: what they spent is never more than there
/// was, and once everything is told all that is left can be had.
#[tokio::test]
async fn no_order_of_asking_spending_and_telling_overspends() {
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let (folder, first, second) = chain().await;
        let mut tills = [first, second];
        let (mut number, mut spent) = (1, 0);
        for step in 0..40 {
            let now = hours(step / 4);
            let till = &mut tills[chance.below(2)];
            match chance.below(7) {
                0 | 1 => {
                    let want = 1 + chance.below(60) as u64;
                    till.ask(&folder.store, Some(want), now).await;
                }
                2 => drop(till.ask(&folder.store, None, now).await),
                3 | 4 if till.left(now) > 0 => {
                    let points = 1 + chance.below(till.left(now) as usize) as u64;
                    let sale = till.spend(number, points, now);
                    till.sales.push(sale);
                    (number, spent) = (number + 1, spent + points);
                }
                5 => {
                    let open = till
                        .holder
                        .all()
                        .find(|held| held.closed.is_none())
                        .map(|held| held.terms.id);
                    if let Some(fact) = open.and_then(|id| till.holder.give_back(id, now)) {
                        till.does(fact);
                    }
                }
                6 => till.tell(&folder.store).await,
                _ => {}
            }
            assert!(spent <= 100, "seed {seed}: {spent} spent");
        }
        let end = hours(24 * 40);
        for till in &mut tills {
            for fact in till.holder.close_ended(end) {
                till.does(fact);
            }
            till.tell(&folder.store).await;
            till.ask(&folder.store, Some(0), end).await;
        }
        assert_eq!(has(&folder, NOON).await, 100 - spent as i64, "seed {seed}");
        let left = tills[0].ask(&folder.store, Some(100), end).await;
        assert_eq!(
            left,
            100 - spent,
            "seed {seed}: all that is left can be had"
        );
    }
}

/// Small numbers that look random, from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
