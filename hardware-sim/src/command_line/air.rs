//! `tillside-sim air`: the modelled time of what a reader remembers.

use tillside_sim::air::{BitRate, time_of};
use tillside_sim::client::SimClient;

/// Prints a line a command, and the sum.
pub(super) fn show(bench: &SimClient, reader: usize, speed: BitRate) -> anyhow::Result<()> {
    let exchanges = bench.exchanges(reader)?;
    for exchange in &exchanges {
        let time = time_of(&exchange.steps, speed);
        let start: String = exchange.command.chars().take(10).collect();
        println!(
            "{start:<10}  air {:>7} µs  card {:>7} µs",
            time.air_us, time.card_us
        );
    }
    let all = time_of(exchanges.iter().flat_map(|exchange| &exchange.steps), speed);
    println!(
        "{} commands: {} µs, of which card {} µs (an estimate)",
        exchanges.len(),
        all.total_us(),
        all.card_us
    );
    Ok(())
}
