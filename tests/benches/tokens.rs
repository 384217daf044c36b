//! What a till's word on a signed coupon costs, and how small ten million codes are.
//!
//! - `token_vs_verify`: from the scanned text of a coupon that HQ signed to its verdict on a basket of one
//!   line (read, its plan found, the signature checked, day, store and use judged, the discount spread, the
//!   trace written), against the same crate's strict check of the same signature over the same bytes, with the
//!   key read beforehand. 64 coupons, by turns.
//! - `codes_10m_mb`: the file of a filter of 10,000,000 signed coupons, as a till would get it; how long HQ
//!   takes to make it is printed, and that it misses none is checked.

use crate::figure::{Better, Figure, Goal};
use crate::pairs::{Pairs, timed};
use anyhow::{Context, Result, ensure};
use data_encoding::BASE32HEX_NOPAD;
use ed25519_dalek::{Signature, VerifyingKey};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use tillside_core::authority::{
    CodeFilter, CouponToken, Holder, TokenHolder, TokenId, TokenStores, TokenTerms,
};
use tillside_core::engine::Document;
use tillside_core::{
    Basket, Clock, CodeKey, CouponNumber, Currency, Item, LaneId, Line, Money, Now, PlanId,
    QuoteRequest, RuleBook, Setting, Sku, State, StoreId, TaxClass, TerminalId, Timestamp, quote,
};

/// At least 0.8 times as fast.
pub const VERIFY_GOAL: Goal = Goal {
    id: "token_vs_verify",
    unit: "x",
    goal: 0.8,
    better: Better::Higher,
    measure: measure_verify,
};

/// At most 12 MB.
pub const CODES_GOAL: Goal = Goal {
    id: "codes_10m_mb",
    unit: "MB",
    goal: 12.0,
    better: Better::Lower,
    measure: measure_codes,
};

const PAIRS: usize = 60;
const COUPONS: u64 = 64;
const CODES: u64 = 10_000_000;
const SECRET: [u8; 32] = [5; 32];
/// What the signature of a coupon is over, before the coupon itself.
const SIGNED: &[u8] = b"tillside coupon token\0";

fn rules() -> Result<RuleBook> {
    let document = serde_json::json!({"v": 1, "rules": [], "plans": [{
        "plan": "SPRING-5", "name": "Spring", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2026-01-01", "valid_until": "2026-12-31", "funder": "chain",
        "proof": {"token": {"keys": [CodeKey::of_secret(&SECRET)]}},
    }]});
    let document = Document::read(document.to_string().as_bytes())?;
    Ok(RuleBook::of(1, &document)?)
}

fn issued() -> Result<Vec<String>> {
    let plan = PlanId::new("SPRING-5")?;
    let one = |serial| {
        let terms = TokenTerms {
            id: TokenId {
                plan: plan.clone(),
                serial,
            },
            valid_until: "2026-12-24".parse()?,
            stores: TokenStores::All,
            holder: TokenHolder::Bearer,
        };
        Ok(terms.seal(&SECRET)?)
    };
    (1..=COUPONS).map(one).collect()
}

fn till() -> Result<State> {
    let terminal = TerminalId::new(uuid::Uuid::from_u128(1));
    Ok(State {
        store: StoreId::new("S1")?,
        terminal,
        rules: Arc::new(rules()?),
        setting: Setting::new(LaneId::new("1")?, jiff::tz::TimeZone::UTC),
        members: BTreeMap::new(),
        coupons: BTreeMap::new(),
        tokens: BTreeMap::new(),
        sales: BTreeMap::new(),
        purses: BTreeMap::new(),
        purse: None,
        holder: Holder::new(terminal, 1),
        risk: BTreeMap::new(),
    })
}

fn basket() -> Result<Basket> {
    let currency = Currency::new("EUR")?;
    let line = Line {
        item: Item::Sku(Sku::new("BREAD-1")?),
        name: "Bread".to_owned(),
        quantity: 1,
        unit_price: Money::new(300, currency)?,
        category: None,
        tax_class: TaxClass::new("A")?,
    };
    let lines = vec![line];
    Ok(Basket { currency, lines })
}

/// The verdict on one scanned text.
fn verdict(state: &mut State, basket: &Basket, text: &str, now: Now) -> Result<()> {
    let number = CouponToken::claimed(text)?.number();
    state.tokens.insert(number.clone(), text.to_owned());
    let coupons: [CouponNumber; 1] = [number];
    let request = QuoteRequest {
        basket,
        customer: false,
        member: None,
        coupons: &coupons,
        redeemed: None,
    };
    let quote = quote(state, request, now)?;
    ensure!(quote.coupons[0].verdict.is_valid(), "not valid");
    black_box(quote);
    state.tokens.clear();
    Ok(())
}

fn measure_verify(goal: &Goal) -> Result<Figure> {
    let (mut state, basket, texts) = (till()?, basket()?, issued()?);
    let now = Now {
        at: Timestamp(1_790_000_000_000),
        date: "2026-11-22".parse()?,
        clock: Clock::Trusted,
    };
    let key = VerifyingKey::from_bytes(CodeKey::of_secret(&SECRET).bytes())?;
    let raw: Vec<(Vec<u8>, Signature)> =
        texts.iter().map(|text| raw(text)).collect::<Result<_>>()?;
    let mut pairs = Pairs::default();
    for _ in 0..PAIRS {
        pairs.pair(
            || {
                timed(|| {
                    (texts.iter()).try_for_each(|text| verdict(&mut state, &basket, text, now))
                })
            },
            || {
                timed(|| {
                    raw.iter().try_for_each(|(message, signature)| {
                        Ok(black_box(&key).verify_strict(message, signature)?)
                    })
                })
            },
        )?;
    }
    let (ours, theirs) = pairs.each_ms(texts.len());
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {COUPONS}; text to verdict {:.1} µs, signature alone {:.1} µs",
            pairs.len(),
            ours * 1000.0,
            theirs * 1000.0
        ),
    ))
}

/// What a text's signature is over, and the signature.
fn raw(text: &str) -> Result<(Vec<u8>, Signature)> {
    let bytes =
        BASE32HEX_NOPAD.decode(text.strip_prefix("TSC1").context("no token")?.as_bytes())?;
    let (body, signature) = bytes.split_last_chunk::<64>().context("too short")?;
    Ok(([SIGNED, body].concat(), Signature::from_bytes(signature)))
}

fn measure_codes(goal: &Goal) -> Result<Figure> {
    let plan = PlanId::new("SPRING-5")?;
    let code = |serial| {
        let plan = plan.clone();
        *TokenId { plan, serial }.code().bytes()
    };
    let began = Instant::now();
    let filter = CodeFilter::build((1..=CODES).map(code))?;
    let made = began.elapsed();
    ensure!(filter.codes() == CODES, "{} codes", filter.codes());
    let bytes = filter.to_bytes();
    let read = CodeFilter::from_bytes(&bytes)?;
    read.covers((1..=CODES).map(code))?;
    Ok(goal.reached(
        bytes.len() as f64 / 1e6,
        format!(
            "{CODES} codes, {:.2} bits each; made in {:.1} s, none missed",
            bytes.len() as f64 * 8.0 / CODES as f64,
            made.as_secs_f64()
        ),
    ))
}
