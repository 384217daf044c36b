//! A small shop to tell stories in: S1 with its till, a few products, plans and rules.

use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::sync::Arc;
use tillside_core::authority::Holder;
use tillside_core::*;
use uuid::Uuid;

pub const TODAY: Date = date(2026, 11, 22);

pub fn now() -> Now {
    Now {
        at: Timestamp(1_795_352_520_000),
        date: TODAY,
        clock: Clock::Trusted,
    }
}

pub fn on(date: Date) -> Now {
    Now { date, ..now() }
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::new("USD").unwrap()).unwrap()
}

pub fn store(code: &str) -> StoreId {
    StoreId::new(code).unwrap()
}

pub fn terminal(n: u128) -> TerminalId {
    TerminalId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0001_0000 + n,
    ))
}

pub fn sale_id(n: u128) -> SaleId {
    SaleId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0002_0000 + n,
    ))
}

pub fn member_id(n: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0003_0000 + n,
    ))
}

pub fn number(text: &str) -> CouponNumber {
    CouponNumber::new(text).unwrap()
}

pub fn item(text: &str) -> Item {
    Item::try_from(text.to_owned()).unwrap()
}

pub fn category(text: &str) -> Category {
    Category::new(text).unwrap()
}

pub fn tier(text: &str) -> TierId {
    TierId::new(text).unwrap()
}

pub fn person(text: &str) -> PersonId {
    PersonId::new(text).unwrap()
}

/// A line of an item of one category, both named `what`.
pub fn line(what: &str, quantity: u32, unit_price: i64) -> Line {
    Line {
        item: item(&format!("sku:{what}")),
        name: what.to_owned(),
        quantity,
        unit_price: eur(unit_price),
        category: Some(category(what)),
        tax_class: TaxClass::new("standard").unwrap(),
    }
}

pub fn basket(lines: &[Line]) -> Basket {
    Basket {
        currency: Currency::EUR,
        lines: lines.to_vec(),
    }
}

/// Products of these categories.
pub fn products(categories: &[&str]) -> ProductSet {
    ProductSet {
        items: Vec::new(),
        categories: categories.iter().map(|c| category(c)).collect(),
    }
}

/// A plan good in November 2026, for any product.
pub fn plan(code: &str, effect: CouponEffect) -> CouponPlan {
    CouponPlan {
        plan: PlanId::new(code).unwrap(),
        name: format!("Plan {code}"),
        effect,
        minimum_spend: None,
        products: ProductSet::default(),
        valid_from: date(2026, 11, 1),
        valid_until: date(2026, 11, 30),
        one_per_basket: false,
        stacking_group: None,
        funder: FunderId::new("chain").unwrap(),
        proof: ProofKind::StoreBound,
    }
}

pub fn off(minor: i64) -> CouponEffect {
    let amount = eur(minor);
    CouponEffect::AmountOff { amount }
}

pub fn percent_off(basis_points: u32) -> CouponEffect {
    CouponEffect::PercentOff { basis_points }
}

pub fn rule(code: &str, funder: &str, effect: RuleEffect) -> Rule {
    Rule {
        rule: RuleId::new(code).unwrap(),
        name: format!("Rule {code}"),
        effect,
        funder: FunderId::new(funder).unwrap(),
    }
}

/// `points` for each full `per` cents of any product.
pub fn per_amount(points: u32, per: i64) -> RuleEffect {
    RuleEffect::PointsPerAmount {
        points,
        per: eur(per),
        products: ProductSet::default(),
    }
}

pub fn document(rules: &[Rule], plans: &[CouponPlan]) -> RuleDocument {
    RuleDocument {
        v: RULE_DOCUMENT_VERSION,
        rules: rules.to_vec(),
        plans: plans.to_vec(),
    }
}

/// S1's till with rules of version 17, a gold member (1) and a basic member (2), each with 100 points.
pub fn state(rules: &[Rule], plans: &[CouponPlan]) -> State {
    let book = RuleBook::compile(17, &document(rules, plans)).unwrap();
    let member = |n, tier_code: &str| Member {
        member: member_id(n),
        display_name: format!("Member {n}"),
        tier: tier(tier_code),
        points: Points(100),
        pending: Points(0),
    };
    let members = [member(1, "gold"), member(2, "basic")];
    State {
        store: store("S1"),
        terminal: terminal(1),
        rules: Arc::new(book),
        setting: Setting::new(LaneId::new("1").unwrap(), jiff::tz::TimeZone::UTC),
        members: members.into_iter().map(|m| (m.member, m)).collect(),
        coupons: BTreeMap::new(),
        tokens: BTreeMap::new(),
        sales: BTreeMap::new(),
        purses: BTreeMap::new(),
        purse: None,
        holder: Holder::new(terminal(1), 1),
        risk: BTreeMap::new(),
    }
}

/// A state with one plan and its coupons, held here and unused.
pub fn state_with(plan: CouponPlan, numbers: &[&str]) -> State {
    let mut state = state(&[], std::slice::from_ref(&plan));
    for text in numbers {
        hold(&mut state, text, plan.plan.as_str());
    }
    state
}

/// Gives this terminal one more coupon.
pub fn hold(state: &mut State, text: &str, plan: &str) {
    let plan = PlanId::new(plan).unwrap();
    assign(state, text, Assignment::Here { plan });
}

pub fn assign(state: &mut State, text: &str, assignment: Assignment) {
    let standing = CouponStanding {
        assignment,
        used: None,
    };
    state.coupons.insert(number(text), standing);
}

pub fn numbers(texts: &[&str]) -> Vec<CouponNumber> {
    texts.iter().map(|text| number(text)).collect()
}

/// Quotes for the gold member.
pub fn quoted(state: &State, lines: &[Line], coupons: &[&str]) -> Quote {
    let request = QuoteRequest {
        basket: &basket(lines),
        customer: true,
        member: Some(member_id(1)),
        coupons: &numbers(coupons),
        redeemed: None,
    };
    quote(state, request, now()).unwrap()
}

/// The verdicts on some coupons, in order.
pub fn verdicts(state: &State, lines: &[Line], coupons: &[&str]) -> Vec<Verdict> {
    let answers = quoted(state, lines, coupons).coupons;
    answers.into_iter().map(|answer| answer.verdict).collect()
}

pub fn valid_here() -> Verdict {
    Verdict::Valid {
        proof: Proof::StoreBound {
            store: store("S1"),
            bundle: 17,
        },
    }
}

pub fn misfit(misfit: Misfit) -> Verdict {
    Verdict::NotForThis { misfit }
}

pub fn customer(n: u128) -> Customer {
    Customer {
        card: Some(CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap()),
        member: Some(member_id(n)),
    }
}

pub fn cash(minor: i64) -> Vec<Tender> {
    let amount = eur(minor);
    let kind = TenderKind::Cash;
    vec![Tender::new(kind, amount)]
}

/// A checkout of the gold member, paid with `paid` cents in cash.
pub fn check_out(sale: u128, lines: &[Line], coupons: &[&str], paid: i64) -> CheckOut {
    CheckOut {
        sale: sale_id(sale),
        lane: LaneId::new("1").unwrap(),
        cashier: person("anna"),
        basket: basket(lines),
        customer: Some(customer(1)),
        coupons: numbers(coupons),
        points: None,
        tenders: if paid == 0 { Vec::new() } else { cash(paid) },
    }
}

pub fn void(sale: u128) -> Void {
    Void {
        sale: sale_id(sale),
        cashier: person("anna"),
        approved_by: person("boss"),
        reason: "wrong item".to_owned(),
    }
}

pub fn return_id(n: u128) -> ReturnId {
    ReturnId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0004_0000 + n,
    ))
}

/// A return of goods of the first sale, paid back in cash.
pub fn back(n: u128, goods: &[(u32, u32)], paid: i64) -> TakeGoodsBack {
    TakeGoodsBack {
        id: return_id(n),
        sale: sale_id(1),
        lane: LaneId::new("1").unwrap(),
        cashier: person("anna"),
        approved_by: person("boss"),
        reason: "does not fit".to_owned(),
        goods: goods.to_vec(),
        tenders: if paid == 0 { Vec::new() } else { cash(paid) },
    }
}

/// Decides and applies; the one event that came of it.
pub fn carry_out(state: &mut State, command: Command, now: Now) -> Result<Event, Refusal> {
    let mut events = decide(state, command, now)?;
    assert_eq!(events.len(), 1, "each command makes one fact");
    let event = events.remove(0);
    apply(state, &event);
    Ok(event)
}

/// Decides, applies and unwraps a checkout.
pub fn sell(state: &mut State, command: CheckOut) -> SaleCompleted {
    match carry_out(state, Command::CheckOut(command), now()).unwrap() {
        Event::SaleCompleted(sale) => *sale,
        other => panic!("a checkout made {other:?}"),
    }
}
