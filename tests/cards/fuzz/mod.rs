//! Conversations with the simulated chips, damaged in their millions: nothing panics, nobody is taken for
//! another, no balance is made up, and nothing is called done that the card did not prove.
//!
//! A conversation is recorded once and played back with damage ([`tape`], [`damage`]); what comes out is
//! held to what the honest one gave. `TILLSIDE_DAMAGED_CARDS` says how many damaged conversations a
//! protocol gets, `TILLSIDE_SEED` which ones; `cargo xtask soak` asks for ten million each (a million of an issue, a hundred
//! thousand with a card that is there).
#![allow(
    clippy::print_stdout,
    reason = "a soak of ten million says how far it is"
)]

mod damage;
mod identity;
mod live;
mod money;
mod pages;
mod tape;

use std::time::Instant;
use tillside_tests::Chance;

/// How often a long run says how far it is.
const LINES: u64 = 10;
/// Runs below this are over at once, and say nothing on the way.
const LONG: u64 = 1_000_000;

/// What came of one damaged conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// An error, and nothing was done.
    Refused,
    /// An identifier that may spend nothing.
    Number,
    /// The commit was sent, and nobody knows.
    Unknown,
    /// The truth: what was damaged did not matter.
    Harmless,
}

/// Plays damaged conversations with `protocol` and counts what comes of them; `play` panics at a forgery.
fn storm(protocol: &str, times: u64, mut play: impl FnMut(&mut Chance) -> Outcome) {
    let seed = number("TILLSIDE_SEED").unwrap_or(20);
    let mut chance = Chance::new(seed);
    let (began, mut counts) = (Instant::now(), [0_u64; 4]);
    let whose = Whose { protocol, seed };
    for round in 0..times {
        counts[play(&mut chance) as usize] += 1;
        if times >= LONG && (round + 1) % (times / LINES) == 0 {
            let seconds = began.elapsed().as_secs_f64();
            println!("  ..  {protocol}: {} of {times}, {seconds:.0} s", round + 1);
        }
    }
    std::mem::forget(whose);
    let [refused, numbers, unknown, harmless] = counts;
    let rate = times as f64 / began.elapsed().as_secs_f64();
    println!(
        "  ok  {protocol}: {times} damaged conversations held ({refused} refused, {numbers} a bare number, \
         {unknown} unknown, {harmless} harmless), {rate:.0} a second"
    );
    assert!(
        (refused + numbers + unknown) * 3 > times,
        "{protocol}: {harmless} of {times} were harmless: nothing was damaged"
    );
}

/// How many conversations to damage: `usual`, or of what the environment asks for one of `of`, where one
/// conversation takes so much longer than others.
fn asked(usual: u64, of: u64) -> u64 {
    number("TILLSIDE_DAMAGED_CARDS").map_or(usual, |times| times / of)
}

/// Says what to repeat if a round panics.
struct Whose<'a> {
    protocol: &'a str,
    seed: u64,
}

impl Drop for Whose<'_> {
    fn drop(&mut self) {
        println!("{}: with TILLSIDE_SEED={}", self.protocol, self.seed);
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
    )
}

/// Sixteen bytes that differ at each call, the same for the same start.
fn draws(start: u64) -> impl FnMut() -> [u8; 16] {
    let mut chance = Chance::new(start);
    move || std::array::from_fn(|_| u8::try_from(chance.below(256)).unwrap())
}
