//! `commit_1m_vs_10k`: a till that HQ has not heard for a million records against one with ten thousand.
//!
//! Two stores of their own on the same disk are filled, 64 sales to a transaction. Then each commits sale after
//! sale as the agent does it (record, projections, outbox and the answer for the POS in one transaction on the
//! disk), in blocks of 16 by turns; after each sale the store rests, as the till lets it in the quiet moment
//! between two sales, outside of the time. A round is 208 commits of each; the ratio is the median over the
//! rounds of the one's 99th percentile through the other's, for a disk has slow moments of its own.

use crate::commit_floor::Bench;
use crate::figure::{Better, Figure, Goal};
use crate::pairs::{median, quantile};
use anyhow::Result;
use std::path::Path;
use std::time::Instant;
use tillside_store::EVENT_LIMIT;

/// At most 1.3 times as long.
pub const GOAL: Goal = Goal {
    id: "commit_1m_vs_10k",
    unit: "x",
    goal: 1.3,
    better: Better::Lower,
    measure,
};

const FEW: usize = 10_000;
const MANY: usize = 1_000_000;
const BLOCK: usize = 16;
const BLOCKS: usize = 13;
const ROUNDS: usize = 40;
const WARM_UP: usize = 64;

fn measure(goal: &Goal) -> Result<Figure> {
    // Below the target folder: /tmp may be memory.
    let folder = tempfile::tempdir_in(std::env::current_exe()?.with_file_name(""))?;
    let began = Instant::now();
    let mut tills = [
        filled(&folder.path().join("few"), FEW)?,
        filled(&folder.path().join("many"), MANY)?,
    ];
    let filling = began.elapsed();
    let mut all = [const { Vec::new() }; 2];
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let times = round(&mut tills)?;
        let [few, many] = [0, 1].map(|side| quantile(times[side].clone(), 0.99));
        ratios.push(many / few);
        for (all, times) in all.iter_mut().zip(times) {
            all.extend(times);
        }
    }
    let [few, many] = all.map(|times| [0.5, 0.99].map(|share| quantile(times.clone(), share)));
    Ok(goal.reached(
        median(ratios),
        format!(
            "{ROUNDS} rounds of {}; with 1,000,000 records p99 {:.2} ms, median {:.2}; with 10,000 p99 {:.2} ms, \
             median {:.2}; filled in {:.0} s",
            BLOCK * BLOCKS,
            many[1],
            many[0],
            few[1],
            few[0],
            filling.as_secs_f64()
        ),
    ))
}

/// How long each commit took, in milliseconds: with few records, and with many.
fn round(tills: &mut [Bench; 2]) -> Result<[Vec<f64>; 2]> {
    let mut times = [const { Vec::new() }; 2];
    for turn in 0..BLOCKS {
        for side in [turn % 2, 1 - turn % 2] {
            let (till, times) = (&mut tills[side], &mut times[side]);
            let block = till.prepare(BLOCK)?;
            for sale in block.sales() {
                let began = Instant::now();
                till.commit_one(sale)?;
                times.push(began.elapsed().as_secs_f64() * 1000.0);
                till.rest()?;
            }
        }
    }
    Ok(times)
}

/// A till that sold so much in the dark.
fn filled(folder: &Path, sales: usize) -> Result<Bench> {
    std::fs::create_dir(folder)?;
    let mut till = Bench::open(folder)?;
    let mut left = sales;
    while left > 0 {
        let now = left.min(EVENT_LIMIT);
        let block = till.prepare(now)?;
        till.commit_at_once(&block)?;
        left -= now;
    }
    till.rest()?;
    till.commit(&till.prepare(WARM_UP)?)?;
    Ok(till)
}
