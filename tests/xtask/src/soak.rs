//! `cargo xtask soak`: what the tests do, for as long as it takes to trust it.

use crate::debian::For;
use crate::play::program;
use crate::run::{self, Failure};
use crate::{mutants, report, setup};
use std::time::Instant;

/// Damaged conversations with each kind of card, unless the environment says another number.
const DAMAGED: (&str, &str) = ("TILLSIDE_DAMAGED_CARDS", "10000000");

/// Seeds of the simulated chain, unless the environment says another number.
const SEEDS: (&str, &str) = ("TILLSIDE_SIMULATED_SEEDS", "10000");

/// Power cuts over the recorded day, unless the environment says another number.
const CUTS: (&str, &str) = ("TILLSIDE_POWER_CUTS", "100000");

/// Deaths of the real agent under load, unless the environment says another number.
const KILLS: (&str, &str) = ("TILLSIDE_KILLS", "5000");

/// Attacks on a till's journal, and as many on an exported one, unless the environment says another number.
const ATTACKS: (&str, &str) = ("TILLSIDE_JOURNAL_ATTACKS", "20000");

/// Changed copies of a coupon that HQ signed, unless the environment says another number.
const CHANGED: (&str, &str) = ("TILLSIDE_CHANGED_TOKENS", "10000000");

/// Cases of each property of the core and the store, unless the environment says another number.
const CASES: (&str, &str) = ("PROPTEST_CASES", "20000");

/// A part of the whole, by which it can be run alone.
struct Part {
    name: &'static str,
    run: fn(&[&str]) -> Result<(), Failure>,
}

const PARTS: &[Part] = &[
    Part {
        name: "story",
        run: story,
    },
    Part {
        name: "torn",
        run: torn,
    },
    Part {
        name: "simulation",
        run: simulation,
    },
    Part {
        name: "power-cuts",
        run: power_cuts,
    },
    Part {
        name: "kills",
        run: kills,
    },
    Part {
        name: "cards",
        run: cards,
    },
    Part {
        name: "journal",
        run: journal,
    },
    Part {
        name: "tokens",
        run: tokens,
    },
    Part {
        name: "properties",
        run: properties,
    },
    Part {
        name: "mutants",
        run: mutants::mutants,
    },
];

/// Runs all parts, or the one that `--only` names; other options go to the story. Goes on after a part
/// that failed, and fails at the end.
pub fn soak(options: &[&str]) -> Result<(), Failure> {
    let began = Instant::now();
    let (parts, rest): (Vec<&Part>, _) = match options {
        ["--only", name, rest @ ..] => (
            PARTS.iter().filter(|part| part.name == *name).collect(),
            rest,
        ),
        rest => (PARTS.iter().collect(), rest),
    };
    if parts.is_empty() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(Failure::new(format!(
            "usage: cargo xtask soak [--only PART] [--data DIR], with PART one of {}",
            names.join(", ")
        )));
    }
    setup::prepare(For::Demo)?;
    let mut failed = Vec::new();
    for part in &parts {
        println!("Soak: {}", part.name);
        if let Err(failure) = (part.run)(rest) {
            println!("{failure}");
            failed.push(part.name);
        }
    }
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    match failed.is_empty() {
        true => {
            run::done(
                &format!("the soak holds: {}", names.join(", ")),
                began.elapsed(),
            );
            Ok(())
        }
        false => Err(Failure::new(format!("Failed: {}.", failed.join(", ")))),
    }
}

/// Sales, with an agent and an HQ that die.
fn story(options: &[&str]) -> Result<(), Failure> {
    setup::build_programs()?;
    let mut command = program("debug", "tillside-story");
    command.arg("soak").args(options);
    run::step("rounds of the story", command)
}

/// Cards torn away, over a real card service.
fn torn(_: &[&str]) -> Result<(), Failure> {
    setup::build_programs()?;
    run::step("torn taps", program("debug", "tillside-tear"))
}

/// The whole chain in one process, seed after seed.
fn simulation(_: &[&str]) -> Result<(), Failure> {
    let test = ["test", "--release", "--package", "tillside-tests"];
    let only = ["--test", "simulation", "--", "--nocapture"];
    let mut command = run::cargo(&[&test[..], &only].concat());
    if std::env::var_os(SEEDS.0).is_none() {
        command.env(SEEDS.0, SEEDS.1);
    }
    run::step("simulated chains", command)
}

/// Power cuts at every moment of a day, and the disk that fails at each call of it.
fn power_cuts(_: &[&str]) -> Result<(), Failure> {
    let test = ["test", "--release", "--package", "tillside-tests"];
    let only = ["--test", "power", "--", "--nocapture"];
    let mut command = run::cargo(&[&test[..], &only].concat());
    if std::env::var_os(CUTS.0).is_none() {
        command.env(CUTS.0, CUTS.1);
    }
    run::step("power cuts", command)
}

/// The real agent killed while it sells.
fn kills(_: &[&str]) -> Result<(), Failure> {
    setup::build_programs()?;
    let test = ["test", "--package", "tillside-tests"];
    let only = ["--test", "killed", "--", "--nocapture"];
    let mut command = run::cargo(&[&test[..], &only].concat());
    if std::env::var_os(KILLS.0).is_none() {
        command.env(KILLS.0, KILLS.1);
    }
    run::step("agents killed", command)
}

/// Answers of cards damaged on their way, built for release: some dozens of millions of them.
fn cards(_: &[&str]) -> Result<(), Failure> {
    let test = ["test", "--release", "--package", "tillside-tests"];
    let only = ["--test", "cards", "fuzz::", "--", "--nocapture"];
    let mut command = run::cargo(&[&test[..], &only].concat());
    if std::env::var_os(DAMAGED.0).is_none() {
        command.env(DAMAGED.0, DAMAGED.1);
    }
    let heard = run::listened("damaged answers", command, report::closes_damage)?;
    if !heard.passed {
        return Err(Failure::new("The damaged answers do not hold; see above."));
    }
    println!("  What each kind of card went through");
    for line in &heard.lines {
        println!("  {}", line.trim());
    }
    Ok(())
}

/// Journals changed by somebody without a key, in the till's file and exported.
fn journal(_: &[&str]) -> Result<(), Failure> {
    for (package, target, only) in [
        ("tillside-store", "it", "attacks::"),
        ("tillside", "api", "journal_file::"),
    ] {
        let test = ["test", "--package", package, "--test", target];
        let mut command = run::cargo(&[&test[..], &["--", "--nocapture", only]].concat());
        if std::env::var_os(ATTACKS.0).is_none() {
            command.env(ATTACKS.0, ATTACKS.1);
        }
        run::step("attacks on a journal", command)?;
    }
    Ok(())
}

/// Signed coupons changed by somebody without the key, built for release.
fn tokens(_: &[&str]) -> Result<(), Failure> {
    let test = ["test", "--release", "--package", "tillside-core"];
    let only = ["--test", "it", "--", "--nocapture", "tokens::changed"];
    let mut command = run::cargo(&[&test[..], &only].concat());
    if std::env::var_os(CHANGED.0).is_none() {
        command.env(CHANGED.0, CHANGED.1);
    }
    run::step("changed coupons", command)
}

/// Properties of the core and the store, each time from another seed: a failure prints its smallest case.
fn properties(_: &[&str]) -> Result<(), Failure> {
    let test = ["test", "--release", "--no-fail-fast"];
    let of = ["--package", "tillside-core", "--package", "tillside-store"];
    let mut command = run::cargo(&[&test[..], &of].concat());
    if std::env::var_os(CASES.0).is_none() {
        command.env(CASES.0, CASES.1);
    }
    run::step("properties", command)
}
