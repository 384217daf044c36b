//! Projections are the journal's, and come out equal when they are made again.

use crate::shop::*;
use proptest::collection::vec;
use proptest::prelude::*;
use tillside_core::*;
use tillside_store::{Need, Store};

#[derive(Clone, Debug)]
enum Step {
    Sell {
        member: Option<u128>,
        stranger: bool,
        quantity: u32,
        coupons: Vec<usize>,
    },
    Void(u128),
    Return(u128, u32),
    Refuse(usize),
    Adopt,
    Confirm,
    NextDay,
    Restart,
    /// HQ has another history of the epoch since this long ago.
    Fork(u64),
}

const NUMBERS: [&str; 5] = ["AAAA1", "BBBB2", "CCCC3", "GONE1", "NEVER1"];

fn step() -> impl Strategy<Value = Step> {
    let sell = (
        proptest::option::of(1..=2u128),
        any::<bool>(),
        1..=3u32,
        vec(0..NUMBERS.len(), 0..=2),
    );
    prop_oneof![
        8 => sell.prop_map(|(member, stranger, quantity, coupons)| Step::Sell {
            member, stranger, quantity, coupons
        }),
        5 => (0..20u128).prop_map(Step::Void),
        5 => (0..20u128, 1..=2u32).prop_map(|(n, quantity)| Step::Return(n, quantity)),
        2 => (0..NUMBERS.len()).prop_map(Step::Refuse),
        1 => Just(Step::Adopt),
        1 => Just(Step::Confirm),
        1 => Just(Step::NextDay),
        1 => Just(Step::Restart),
        1 => (0..6u64).prop_map(Step::Fork),
    ]
}

/// A till, and beside it the core's own idea of what the facts come to.
struct Story {
    shop: Shop,
    store: Option<Store>,
    model: State,
    wall: Timestamp,
    tried: u128,
}

impl Story {
    fn begin() -> Self {
        let (shop, store) = Shop::open();
        let model = store.load(&everything(0)).unwrap();
        Self {
            shop,
            store: Some(store),
            model,
            wall: AFTERNOON,
            tried: 0,
        }
    }

    fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    fn play(&mut self, step: &Step) {
        let wall = self.wall;
        let now = self.store().now(wall);
        match step {
            Step::Sell {
                member,
                stranger,
                quantity,
                coupons,
            } => {
                let mut shown: Vec<&str> = coupons.iter().map(|&n| NUMBERS[n]).collect();
                shown.dedup();
                let mut sale = check_out(self.tried, *quantity, *member, &shown);
                if *stranger && member.is_none() {
                    let card = Some(card("uid:04FFFFFFFFFF01"));
                    sale.customer = Some(Customer { card, member: None });
                }
                self.tried += 1;
                let decided = decide_sale(self.store(), sale, now);
                self.keep(decided, now);
            }
            Step::Void(n) => {
                let decided = decide_void(self.store(), sale_id(*n), now);
                self.keep(decided, now);
            }
            Step::Return(n, quantity) => {
                self.tried += 1;
                let id = self.tried;
                let decided = decide_return(self.store(), id, sale_id(*n), *quantity, now);
                self.keep(decided, now);
            }
            Step::Refuse(n) => {
                let event = Event::CouponRefused(CouponRefused {
                    sale: sale_id(self.tried),
                    lane: lane(),
                    cashier: anna(),
                    date: now.date,
                    number: number(NUMBERS[*n]),
                    verdict: Verdict::Unknown,
                });
                self.keep(Ok(vec![event]), now);
            }
            Step::Adopt => {
                let store = self.store();
                let next = bundle(store.bundle_version() + 1);
                store.adopt(&next, now).unwrap();
            }
            Step::Confirm => {
                let store = self.store();
                let seqs: Vec<u64> = store.outbox(3).unwrap().iter().map(|r| r.seq).collect();
                let epoch = store.head().unwrap().epoch;
                store.confirm(epoch, &seqs, None).unwrap();
            }
            Step::NextDay => self.wall = Timestamp(self.wall.0 + DAY_MS),
            Step::Fork(back) => {
                let store = self.store();
                let head = store.head().unwrap();
                let from = store.head_at(head.seq.saturating_sub(*back)).unwrap();
                let told = store.begin_epoch(&from.unwrap(), head.epoch + 1, now);
                let announced = u64::from(head.epoch > 1 && *back >= head.seq);
                assert_eq!(told.unwrap(), Some(head.seq.min(*back) - announced));
            }
            Step::Restart => {
                self.store = None;
                self.store = Some(self.shop.store());
            }
        }
    }

    fn keep(&mut self, decided: Result<Vec<Event>, Refusal>, now: Now) {
        let Ok(events) = decided else { return };
        self.store().commit(&events, now, None, None).unwrap();
        for event in &events {
            apply(&mut self.model, event);
        }
    }
}

fn everything(sales: u128) -> Need {
    Need {
        members: vec![member_id(1), member_id(2)],
        coupons: NUMBERS.map(number).to_vec(),
        sales: (0..sales).map(sale_id).collect(),
        ..Need::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happened: what the database says is what the core says, and what the journal says.
    #[test]
    fn any_history_rebuilds_equal(steps in vec(step(), 1..40)) {
        let mut story = Story::begin();
        for step in &steps {
            story.play(step);
        }
        let tried = story.tried;
        let loaded = story.store().load(&everything(tried)).unwrap();
        prop_assert_eq!(&loaded.members, &story.model.members);
        prop_assert_eq!(&loaded.coupons, &story.model.coupons);
        prop_assert_eq!(&loaded.sales, &story.model.sales);
        let records = story.store().verify().unwrap().records;
        let rebuilt = story.store().rebuild().unwrap();
        prop_assert_eq!(rebuilt.records, records);
        prop_assert_eq!(rebuilt.differences, Vec::<String>::new());
    }
}

/// A row changed, added or taken in each projection is told, and put right.
#[test]
fn a_tampered_projection_is_found_and_put_right() {
    let tampered = [
        (
            "sales",
            "UPDATE sales SET total = total + 1 WHERE rowid_of = 1",
        ),
        ("sales", "DELETE FROM sales WHERE rowid_of = 1"),
        ("voids", "DELETE FROM voids"),
        ("returns", "DELETE FROM returns"),
        ("returns", "UPDATE returns SET points = points + 1"),
        ("refusals", "UPDATE refusals SET number = 'XXXX'"),
        (
            "member_deltas",
            "UPDATE member_deltas SET points = points + 1000",
        ),
        (
            "member_deltas",
            "INSERT INTO member_deltas VALUES ('code:1234', 5, 5)",
        ),
        ("coupon_uses", "DELETE FROM coupon_uses WHERE voided_by = 0"),
        (
            "coupon_uses",
            "UPDATE coupon_uses SET voided_by = 9 WHERE voided_by = 0",
        ),
    ];
    for (table, sql) in tampered {
        let (shop, mut store) = Shop::open();
        sell(&mut store, 1, Some(1), &["AAAA1"]);
        sell(&mut store, 2, Some(2), &["BBBB2"]);
        void(&mut store, 2);
        let now = store.now(AFTERNOON);
        sell(&mut store, 5, Some(2), &[]);
        let goods = decide_return(&store, 1, sale_id(5), 1, now).unwrap();
        store.commit(&goods, now, None, None).unwrap();
        let refused = Event::CouponRefused(CouponRefused {
            sale: sale_id(3),
            lane: lane(),
            cashier: anna(),
            date: now.date,
            number: number("GONE1"),
            verdict: Verdict::Revoked,
        });
        store.commit(&[refused], now, None, None).unwrap();
        drop(store);
        shop.sql(&sql.replace("rowid_of = 1", "id = (SELECT min(id) FROM sales)"));
        let mut store = shop.store();
        let found = store.rebuild().unwrap();
        assert_eq!(found.records, 7);
        assert!(!found.differences.is_empty(), "{sql}");
        assert!(
            found.differences.iter().all(|d| d.starts_with(table)),
            "{found:?}"
        );
        assert!(store.rebuild().unwrap().differences.is_empty(), "{sql}");
        assert_eq!(points(&store, 1), 116);
        assert!(standing(&store, "AAAA1").unwrap().used.is_some());
        // Still in working order after the swap.
        sell(&mut store, 4, Some(1), &["CCCC3"]);
    }
}
