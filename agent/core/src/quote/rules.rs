//! What rules give a basket that coupons took from: asks [the engine](crate::engine) and says its
//! answer in the words of a sale.

use super::{OpenLines, QuoteRequest};
use crate::engine::{
    Channel, Context, ContextLine, Ending, Gift, LineKind, LocalMoment, MemberFacts, Outcome,
    RuleAward, RuleDiscount, earned_on, evaluate,
};
use crate::{Award, Counted, Money, Now, Points, Promotion, Refusal, State};

/// What rules give.
pub(crate) struct Ruled {
    pub(crate) promotions: Vec<Promotion>,
    pub(crate) awards: Vec<Award>,
    pub(crate) counted: Vec<Counted>,
}

/// Asks the rules, and takes what they take off from the open lines.
pub(crate) fn ask(
    state: &State,
    request: &QuoteRequest<'_>,
    open: &mut OpenLines<'_>,
    now: Now,
    trace: &mut Vec<String>,
) -> Result<Ruled, Refusal> {
    let (outcome, on) = outcome(state, request, open, now)?;
    for (index, left) in outcome.left.iter().enumerate() {
        if let Some(line) = open.line(index) {
            line.left = *left;
        }
    }
    tell(&outcome, trace);
    if !request.customer {
        trace.push("no card was shown: no points".to_owned());
    }
    let version = outcome.version;
    let promotions = outcome.discounts.into_iter();
    let awards = outcome.awards.into_iter().zip(on);
    let counted = outcome.moved.into_iter();
    Ok(Ruled {
        promotions: promotions.map(|off| promotion(version, off)).collect(),
        awards: awards
            .filter_map(|(given, on)| award(version, given, on))
            .collect(),
        counted: counted.map(|(key, used)| Counted { key, used }).collect(),
    })
}

/// What the engine says, and for each award the lines that earned it ([`Award::on`]).
fn outcome(
    state: &State,
    request: &QuoteRequest<'_>,
    open: &OpenLines<'_>,
    now: Now,
) -> Result<(Outcome, Vec<Vec<u32>>), Refusal> {
    let setting = &state.setting;
    let member = request.member.and_then(|id| state.members.get(&id));
    let facts = member.map(|member| MemberFacts {
        tier: Some(member.tier.clone()),
        // Nothing more is known; rules that ask are refused with their document.
        ..MemberFacts::default()
    });
    let lines = open.lines().iter().map(|open| ContextLine {
        line: open.line,
        // As for what is known of members.
        brand: None,
        kind: LineKind::Goods,
        taken: open.subtotal - open.left,
        free: open.free,
    });
    let lines: Vec<ContextLine<'_>> = lines.collect();
    let context = Context {
        currency: open.currency(),
        lines: &lines,
        customer: request.customer,
        member: facts.as_ref(),
        // As for what is known of members.
        tenders: &[],
        redeemed: (request.redeemed).unwrap_or(Money::zero(open.currency())),
        promo_codes: &[],
        store: &state.store,
        lane: &setting.lane,
        channel: Channel::Till,
        moment: LocalMoment {
            date: now.date,
            minute: minute(now, state),
        },
        counters: &setting.used(request.member, now.date),
    };
    let rules = state.rules.rules();
    let outcome = evaluate(rules, &context)?;
    let on = outcome.awards.iter().map(|given| {
        let lines = earned_on(rules, &context, &given.rule, given.effect)?;
        // At most `BASKET_LINE_LIMIT`.
        Ok(lines.into_iter().map(|line| line as u32).collect())
    });
    let on = on.collect::<Result<_, Refusal>>()?;
    Ok((outcome, on))
}

/// The minute since midnight in the store.
fn minute(now: Now, state: &State) -> u16 {
    let moment = jiff::Timestamp::from_millisecond(now.at.0);
    let local = moment.map(|moment| state.setting.zone.to_datetime(moment));
    // Neither is below zero. A moment beyond any calendar is midnight.
    local.map_or(0, |local| local.hour() as u16 * 60 + local.minute() as u16)
}

/// Every rule whose condition held or failed, in words: how it came about, or why it gave nothing.
fn tell(outcome: &Outcome, trace: &mut Vec<String>) {
    for step in &outcome.trace {
        let rule = &step.rule;
        if step.ending != Ending::Gave {
            trace.push(format!("rule {rule}: {}", outcome.sentence(step)));
            continue;
        }
        let discounts = outcome.discounts.iter().map(|off| (&off.rule, &off.why));
        let awards = outcome.awards.iter().map(|given| (&given.rule, &given.why));
        let own = discounts.chain(awards).filter(|(of, _)| *of == rule);
        trace.extend(own.map(|(_, why)| format!("rule {rule}: {why}")));
    }
}

fn promotion(version: u64, off: RuleDiscount) -> Promotion {
    let spread = off.spread.into_iter();
    Promotion {
        rule: off.rule,
        version,
        amount: off.amount,
        // At most `BASKET_LINE_LIMIT`.
        spread: spread.map(|(line, minor)| (line as u32, minor)).collect(),
        funders: off.funders,
        why: off.why.to_string(),
    }
}

/// Points. Nothing else comes from rules that a till takes ([`crate::RuleBook::of`]).
fn award(version: u64, given: RuleAward, on: Vec<u32>) -> Option<Award> {
    let Gift::Points(points) = given.gift else {
        return None;
    };
    let (funder, _) = given.funders.first()?.clone();
    Some(Award {
        rule: given.rule,
        version,
        points,
        funder,
        funders: match given.funders.len() {
            1 => Vec::new(),
            _ => given.funders,
        },
        on,
        why: given.why.to_string(),
    })
}

/// Sum of some awards. The engine keeps it within what a sale may give.
pub(crate) fn sum(awards: &[Award]) -> Points {
    let points = awards.iter().map(|award| award.points.0);
    Points(points.fold(0, i64::saturating_add))
}
