//! Sales as the core decides them, for a terminal that exists only here.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use tillside_core::{
    Basket, Bundle, CardIdentity, CheckOut, Command, CouponSheet, Customer, Event, Item, Line,
    MemberEntry, MemberId, MemberSheet, Now, Points, Product, QuoteRequest, RuleDocument, SaleId,
    State, StoreProfile, Tender, TenderKind, Timestamp, decide, quote,
};
use tillside_tests::sample;

/// Line items of one sale.
const LINES: usize = 5;

/// The products of the sample chain.
pub fn products() -> Result<Vec<Product>> {
    let text = std::fs::read_to_string(sample().file("products.csv"))?;
    text.lines().skip(1).map(product).collect()
}

/// The rules of the sample chain.
pub fn rules() -> Result<RuleDocument> {
    let text = std::fs::read_to_string(sample().file("rules.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// A bundle with the sample chain's products and rules, and these members.
pub fn bundle(profile: &StoreProfile, members: &[MemberId]) -> Result<Bundle> {
    let entry = |(index, member): (usize, &MemberId)| -> Result<MemberEntry> {
        Ok(MemberEntry {
            member: *member,
            display_name: format!("Member {index}"),
            tier: "silver".parse()?,
            points: Points(100),
            pending: Points(0),
            cards: vec![CardIdentity::new(&format!("code:{}", 910_000_000 + index))?],
        })
    };
    Ok(Bundle {
        version: 1,
        profile: profile.clone(),
        rules: rules()?.into(),
        products: products()?,
        members: MemberSheet {
            as_of: Timestamp(1_700_000_000_000),
            included: BTreeMap::new(),
            members: members
                .iter()
                .enumerate()
                .map(entry)
                .collect::<Result<_>>()?,
        },
        coupons: CouponSheet {
            holder: None,
            numbers: Vec::new(),
            revoked: Vec::new(),
            elsewhere: Vec::new(),
            open: Vec::new(),
        },
        purse: None,
        member_codes: None,
        allowance_keys: Vec::new(),
    })
}

/// The `number`th sale: five products, a member, paid in cash.
pub fn sale(
    state: &State,
    products: &[Product],
    member: MemberId,
    number: u64,
    now: Now,
) -> Result<Event> {
    let line = |product: &Product| Line {
        item: product.item.clone(),
        name: product.name.clone(),
        quantity: 1,
        unit_price: product.unit_price,
        category: product.category.clone(),
        tax_class: product.tax_class.clone(),
    };
    let start = number as usize % products.len();
    let basket = Basket {
        currency: products[start].unit_price.currency(),
        lines: products
            .iter()
            .cycle()
            .skip(start)
            .take(LINES)
            .map(line)
            .collect(),
    };
    let request = QuoteRequest {
        basket: &basket,
        customer: true,
        member: Some(member),
        coupons: &[],
        redeemed: None,
    };
    let total = quote(state, request, now)?.total;
    let check_out = CheckOut {
        sale: id(number)?,
        lane: "1".parse()?,
        cashier: "anna".parse()?,
        basket,
        customer: Some(Customer {
            card: None,
            member: Some(member),
        }),
        coupons: Vec::new(),
        points: None,
        tenders: vec![Tender::new(TenderKind::Cash, total)],
    };
    let events = decide(state, Command::CheckOut(check_out), now)?;
    events.into_iter().next().context("a checkout is one event")
}

/// A sale's id made from a number: version 7 in shape, without a clock.
fn id(number: u64) -> Result<SaleId> {
    Ok(format!("01900000-0000-7000-8000-{number:012x}").parse()?)
}

/// One row of products.csv. Names with a comma stand in quotes; nothing else is quoted there.
fn product(row: &str) -> Result<Product> {
    let (codes, rest) = match row.split_once(",\"") {
        Some((codes, rest)) => (codes, rest.split_once("\",")),
        None => {
            let at = row.match_indices(',').nth(1).context("a row has a name")?.0;
            (&row[..at], row[at + 1..].split_once(','))
        }
    };
    let (name, rest) = rest.with_context(|| format!("no name in {row}"))?;
    let cells: Vec<&str> = codes.split(',').chain(rest.split(',')).collect();
    let [gtin, sku, price, category, tax_class, currency] = cells[..] else {
        anyhow::bail!("{row} has other columns than it should");
    };
    let item = if gtin.is_empty() {
        format!("sku:{sku}")
    } else {
        format!("gtin:{gtin}")
    };
    let minor: i64 = price.replace('.', "").parse()?;
    Ok(Product {
        item: Item::try_from(item)?,
        name: name.to_owned(),
        unit_price: serde_json::from_value(
            serde_json::json!({"minor": minor, "currency": currency}),
        )?,
        category: Some(category.parse()?),
        tax_class: tax_class.parse()?,
    })
}
