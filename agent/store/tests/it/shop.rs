//! A small shop to tell stories in: store S1, one till, two members, a rule and a plan.

use jiff::civil::date;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use tillside_core::*;
use tillside_store::{Answered, Need, Store};
use uuid::Uuid;

/// 2026-11-22 14:02 in Berlin.
pub const AFTERNOON: Timestamp = Timestamp(1_795_352_520_000);
pub const DAY_MS: i64 = 24 * 3600 * 1000;

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

pub fn terminal(n: u128) -> TerminalId {
    TerminalId::new(Uuid::from_u128(0x0192_7000_8000_0001_0000 + n))
}

pub fn sale_id(n: u128) -> SaleId {
    SaleId::new(Uuid::from_u128(0x0192_7000_8000_0002_0000 + n))
}

pub fn member_id(n: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(0x0192_7000_8000_0003_0000 + n))
}

pub fn number(text: &str) -> CouponNumber {
    CouponNumber::new(text).unwrap()
}

pub fn card(text: &str) -> CardIdentity {
    CardIdentity::new(text).unwrap()
}

pub fn lane() -> LaneId {
    LaneId::new("1").unwrap()
}

pub fn anna() -> PersonId {
    PersonId::new("anna").unwrap()
}

pub fn store_profile(code: &str) -> StoreProfile {
    StoreProfile {
        store: StoreId::new(code).unwrap(),
        name: format!("Shop {code}"),
        time_zone: "Europe/Berlin".to_owned(),
        currency: Currency::EUR,
    }
}

pub fn terminal_profile() -> TerminalProfile {
    TerminalProfile {
        terminal: terminal(1),
        lane: lane(),
        profile: store_profile("S1"),
        epoch: 1,
        coupon_holder: false,
    }
}

/// Two points for each full euro, and a plan that takes two euros off.
pub fn rules() -> RuleDocument {
    let funder = FunderId::new("chain").unwrap();
    RuleDocument {
        v: RULE_DOCUMENT_VERSION,
        rules: vec![Rule {
            rule: RuleId::new("base").unwrap(),
            name: "Points for every euro".to_owned(),
            effect: RuleEffect::PointsPerAmount {
                points: 2,
                per: eur(100),
                products: ProductSet::default(),
            },
            funder: funder.clone(),
        }],
        plans: vec![CouponPlan {
            plan: PlanId::new("SPRING").unwrap(),
            name: "Two euros off".to_owned(),
            effect: CouponEffect::AmountOff { amount: eur(200) },
            minimum_spend: None,
            products: ProductSet::default(),
            valid_from: date(2026, 1, 1),
            valid_until: date(2027, 12, 31),
            one_per_basket: false,
            stacking_group: None,
            funder,
            proof: ProofKind::StoreBound,
        }],
    }
}

pub fn product(item: &str, name: &str, minor: i64) -> Product {
    Product {
        item: Item::try_from(item.to_owned()).unwrap(),
        name: name.to_owned(),
        unit_price: eur(minor),
        category: Some(Category::new("food").unwrap()),
        tax_class: TaxClass::new("standard").unwrap(),
    }
}

pub fn member(n: u128, points: i64, cards: &[&str]) -> MemberEntry {
    MemberEntry {
        member: member_id(n),
        display_name: format!("Member {n}"),
        tier: TierId::new("gold").unwrap(),
        points: Points(points),
        pending: Points(0),
        cards: cards.iter().map(|text| card(text)).collect(),
    }
}

pub fn coupon(text: &str) -> CouponEntry {
    CouponEntry {
        number: number(text),
        plan: PlanId::new("SPRING").unwrap(),
        used: None,
    }
}

pub fn bundle(version: u64) -> Bundle {
    Bundle {
        version,
        profile: store_profile("S1"),
        rules: rules().into(),
        products: vec![
            product("gtin:04006381333931", "Filzstift Grün", 350),
            product("sku:BREAD-1", "Rye bread", 420),
        ],
        members: MemberSheet {
            as_of: AFTERNOON,
            included: BTreeMap::new(),
            members: vec![
                member(1, 100, &["uid:04A1B2C3D4E5F6", "code:900000001"]),
                member(2, 0, &["code:900000002"]),
            ],
        },
        coupons: CouponSheet {
            holder: Some(terminal(1)),
            numbers: ["AAAA1", "BBBB2", "CCCC3"].map(coupon).to_vec(),
            revoked: vec![number("GONE1")],
            elsewhere: vec![Elsewhere {
                store: StoreId::new("S2").unwrap(),
                digests: vec![number_digest(&number("OTHER1"))],
            }],
            open: Vec::new(),
        },
        purse: None,
        member_codes: None,
        allowance_keys: Vec::new(),
    }
}

/// A folder with a database in it.
pub struct Shop {
    pub folder: TempDir,
    pub file: PathBuf,
}

impl Shop {
    /// An empty folder.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tillside.db");
        Self { folder, file }
    }

    /// An enrolled terminal with bundle 1 in force.
    pub fn open() -> (Self, Store) {
        let shop = Self::empty();
        let mut store = shop.store();
        store.enrol(&terminal_profile()).unwrap();
        store.adopt(&bundle(1), store.now(AFTERNOON)).unwrap();
        (shop, store)
    }

    pub fn store(&self) -> Store {
        Store::open(&self.file).unwrap()
    }

    /// Plain SQL on the file, while Tillside does not run.
    pub fn sql(&self, sql: &str) {
        let conn = Connection::open(&self.file).unwrap();
        conn.execute_batch(sql).unwrap();
        conn.close().unwrap();
    }
}

/// A sale of `lines` items at 10 euros each.
pub fn check_out(n: u128, quantity: u32, member: Option<u128>, coupons: &[&str]) -> CheckOut {
    CheckOut {
        sale: sale_id(n),
        lane: lane(),
        cashier: anna(),
        basket: Basket {
            currency: Currency::EUR,
            lines: vec![Line {
                item: Item::try_from("sku:TEA-1".to_owned()).unwrap(),
                name: "Tea".to_owned(),
                quantity,
                unit_price: eur(1000),
                category: None,
                tax_class: TaxClass::new("standard").unwrap(),
            }],
        },
        customer: member.map(|n| Customer {
            card: None,
            member: Some(member_id(n)),
        }),
        coupons: coupons.iter().map(|text| number(text)).collect(),
        points: None,
        tenders: Vec::new(),
    }
}

/// Decides a sale as the agent does: load, quote, pay what it comes to.
pub fn decide_sale(store: &Store, mut sale: CheckOut, now: Now) -> Result<Vec<Event>, Refusal> {
    let state = store
        .load(&Need {
            members: sale.customer.iter().filter_map(|c| c.member).collect(),
            coupons: sale.coupons.clone(),
            sales: vec![sale.sale],
            ..Need::default()
        })
        .unwrap();
    let request = QuoteRequest {
        basket: &sale.basket,
        customer: sale.customer.is_some(),
        member: sale.customer.as_ref().and_then(|c| c.member),
        coupons: &sale.coupons,
        redeemed: None,
    };
    let total = quote(&state, request, now)?.total;
    if total.minor() > 0 {
        sale.tenders = vec![Tender::new(TenderKind::Cash, total)];
    }
    decide(&state, Command::CheckOut(sale), now)
}

/// Decides a void as the agent does.
pub fn decide_void(store: &Store, sale: SaleId, now: Now) -> Result<Vec<Event>, Refusal> {
    let coupons = store.sale(sale).unwrap().map_or(Vec::new(), |known| {
        let used = known.sale.coupons.iter();
        used.map(|coupon| coupon.number.clone()).collect()
    });
    let state = store
        .load(&Need {
            coupons,
            sales: vec![sale],
            ..Need::default()
        })
        .unwrap();
    let void = Void {
        sale,
        cashier: anna(),
        approved_by: PersonId::new("maria").unwrap(),
        reason: "wrong basket".to_owned(),
    };
    decide(&state, Command::Void(void), now)
}

/// Decides a return of some of a sale's one line as the agent does, paid back in cash.
pub fn decide_return(
    store: &Store,
    id: u128,
    sale: SaleId,
    quantity: u32,
    now: Now,
) -> Result<Vec<Event>, Refusal> {
    let sales = vec![sale];
    let need = Need {
        sales,
        ..Need::default()
    };
    let state = store.load(&need).unwrap();
    let goods = vec![(0, quantity)];
    let known = state.sales.get(&sale);
    let known = known.ok_or(Refusal::SaleUnknown { sale })?;
    let total = price_return(&known.sale, &quantities(&known.returns), &goods)?.total;
    let back = TakeGoodsBack {
        id: ReturnId::new(Uuid::from_u128(0x0192_7000_8000_0004_0000 + id)),
        sale,
        lane: lane(),
        cashier: anna(),
        approved_by: PersonId::new("maria").unwrap(),
        reason: "too strong".to_owned(),
        goods,
        tenders: match total.minor() {
            0 => Vec::new(),
            _ => vec![Tender::new(TenderKind::Cash, total)],
        },
    };
    decide(&state, Command::TakeGoodsBack(back), now)
}

/// Sells and writes it down.
pub fn sell(store: &mut Store, n: u128, member: Option<u128>, coupons: &[&str]) -> Sealed {
    let now = store.now(AFTERNOON);
    let events = decide_sale(store, check_out(n, 1, member, coupons), now).unwrap();
    store.commit(&events, now, None, None).unwrap().remove(0)
}

/// Voids and writes it down.
pub fn void(store: &mut Store, n: u128) -> Sealed {
    let now = store.now(AFTERNOON);
    let events = decide_void(store, sale_id(n), now).unwrap();
    store.commit(&events, now, None, None).unwrap().remove(0)
}

/// An answer under a key.
pub fn answer(key: &str) -> Answered {
    Answered {
        key: key.to_owned(),
        request_hash: Hash::of(key.as_bytes()),
        status: 201,
        response_body: format!("{{\"key\":\"{key}\"}}"),
    }
}

/// What is known of one coupon.
pub fn standing(store: &Store, text: &str) -> Option<CouponStanding> {
    let coupons = vec![number(text)];
    let need = Need {
        coupons,
        ..Need::default()
    };
    store.load(&need).unwrap().coupons.remove(&number(text))
}

/// A member's balance as the till shows it.
pub fn points(store: &Store, n: u128) -> i64 {
    store.member(&member_id(n)).unwrap().unwrap().points.0
}
