//! How fast the rule engine decides a basket, by itself and beside two others.
//!
//! - `rules_10k_vs_100`: the same basket of ten lines against 10,000 rules and against 100. Both documents
//!   begin with the same twenty rules, which this basket meets; the others are offers of twelve kinds, in
//!   equal shares, which it does not meet (other products, brands, categories, tiers, segments, codes, hours,
//!   days, spending bands, visits …). A chain with more offers has not more of them in one basket: what it
//!   gets is the same in both, and is compared.
//! - `rules_vs_zen`: 100 rows of a decision table, each with three of six conditions, and 64 baskets, against
//!   the crate zen-engine, its table compiled and indexed. Ours gets baskets of lines, finds their categories
//!   and sums itself, spreads points over funders and keeps for each rule why it gave what it gave (words
//!   are made of that when somebody reads it); the peer gets these facts worked out, and answers with the
//!   rows alone.
//! - `rules_vs_json_rules`: the same rows and baskets against npm's json-rules-engine in Node.
//!
//! Each peer is a program of its own that times itself, without what goes to it and from it. Before any
//! time is taken, all answers are compared. Pairs are blocks of all baskets, by turns.

mod stage;
mod table;

use crate::figure::{Better, Figure, Goal};
use crate::pairs::{Pairs, timed};
use crate::peer::Peer;
use anyhow::{Result, ensure};
use stage::{Basket, many};
use std::hint::black_box;
use std::time::Duration;
use table::Table;
use tillside_core::engine::{Rules, looked_at};

/// At most 5 times as long.
pub const MANY_GOAL: Goal = Goal {
    id: "rules_10k_vs_100",
    unit: "x",
    goal: 5.0,
    better: Better::Lower,
    measure: measure_many,
};

/// At least 10 times as fast.
pub const ZEN_GOAL: Goal = Goal {
    id: "rules_vs_zen",
    unit: "x",
    goal: 10.0,
    better: Better::Higher,
    measure: |goal| measure_peer(goal, Peer::zen, Table::for_zen),
};

/// At least 100 times as fast.
pub const JSON_RULES_GOAL: Goal = Goal {
    id: "rules_vs_json_rules",
    unit: "x",
    goal: 100.0,
    better: Better::Higher,
    measure: |goal| measure_peer(goal, Peer::json_rules, Table::for_json_rules),
};

const PAIRS: usize = 60;
/// How often the one basket is asked in a block.
const TIMES: usize = 200;
/// How often ours is asked all baskets in a block; a peer, who is slower, once.
const ROUNDS: u32 = 20;

fn measure_many(goal: &Goal) -> Result<Figure> {
    let basket = Basket::large()?;
    let few = Rules::compile(1, &many(100)?)?;
    let many = Rules::compile(1, &many(10_000)?)?;
    let gifts = basket.gifts(&few)?;
    ensure!(gifts.len() == 20, "{} rules gave, not 20", gifts.len());
    ensure!(
        gifts == basket.gifts(&many)?,
        "more rules gave something else"
    );
    let block = |rules: &Rules| {
        timed(|| {
            (0..TIMES).try_for_each(|_| {
                black_box(basket.ask(black_box(rules))?);
                Ok(())
            })
        })
    };
    let mut pairs = Pairs::default();
    for _ in 0..PAIRS {
        pairs.pair(|| block(&few), || block(&many))?;
    }
    let (hundred, all) = pairs.each_ms(TIMES);
    let seen = |rules: &Rules| basket.with(|context| looked_at(rules, context));
    let (of_few, of_many) = (seen(&few)?, seen(&many)?);
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {TIMES}; 10,000 rules {:.1} µs ({of_many} looked at), 100 rules {:.1} µs \
             ({of_few}); 20 apply",
            pairs.len(),
            all * 1000.0,
            hundred * 1000.0
        ),
    ))
}

fn measure_peer(
    goal: &Goal,
    start: fn(&serde_json::Value) -> Result<Peer>,
    told: fn(&Table) -> serde_json::Value,
) -> Result<Figure> {
    let table = Table::new()?;
    let rules = Rules::compile(1, &table.document()?)?;
    let mut peer = start(&told(&table))?;
    let mut hits = 0;
    for (n, (basket, theirs)) in table.baskets.iter().zip(peer.answers()?).enumerate() {
        let ours = basket.gifts(&rules)?;
        ensure!(
            ours == theirs,
            "basket {n}: {ours:?}, and the peer {theirs:?}"
        );
        hits += ours.len();
    }
    let block = |peer: &mut Peer| -> Result<(Duration, Duration)> {
        let ours = timed(|| {
            (0..ROUNDS).try_for_each(|_| {
                table.baskets.iter().try_for_each(|basket| {
                    black_box(basket.ask(black_box(&rules))?);
                    Ok(())
                })
            })
        })?;
        Ok((ours / ROUNDS, peer.time(1)?))
    };
    // Both get to know their work first; Node compiles what is asked often.
    for _ in 0..10 {
        block(&mut peer)?;
    }
    let mut pairs = Pairs::default();
    for _ in 0..PAIRS {
        let (ours, theirs) = block(&mut peer)?;
        pairs.add(ours, theirs);
    }
    let baskets = table.baskets.len();
    let (ours, theirs) = pairs.each_ms(baskets);
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {baskets} baskets, {hits} hits of 100 rules in all; a basket {:.1} µs, {} {:.1} µs",
            pairs.len(),
            ours * 1000.0,
            peer.name(),
            theirs * 1000.0
        ),
    ))
}
