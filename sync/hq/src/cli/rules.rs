//! `rules`: what a rule document says, before it is imported.

use super::say;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use tillside_core::engine::lint::{Largest, WorstCase};
use tillside_core::engine::{DOCUMENT_SCHEMA, Redeem};
use tillside_hq::catalogue::{self, RulesReport};

/// Rule documents.
#[derive(Subcommand)]
pub(super) enum Rules {
    /// Check a document without importing it: faults with their places, warnings, and the most that
    /// each rule can give.
    Check {
        /// The JSON file.
        file: PathBuf,
        #[command(flatten)]
        baskets: Baskets,
    },
    /// Print the JSON Schema of rule documents, for editors that check while one writes.
    Schema,
}

/// The largest baskets to reckon with.
#[derive(Args)]
pub(super) struct Baskets {
    /// What the largest basket costs, in minor units (100000: 1000.00).
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(0..=9_007_199_254_740_991))]
    amount: i64,
    /// How many items are in it.
    #[arg(long, default_value_t = 500)]
    items: u32,
    /// How many baskets a chain has in a day.
    #[arg(long, default_value_t = 10_000)]
    baskets_a_day: u32,
}

impl Rules {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Check { file, baskets } = self else {
            say(DOCUMENT_SCHEMA.trim_end());
            return Ok(());
        };
        let document = catalogue::rules(&super::import::read(&file)?)
            .with_context(|| format!("{} cannot be imported", file.display()))?;
        let largest = Largest {
            amount: baskets.amount,
            items: baskets.items,
            baskets_a_day: baskets.baskets_a_day,
        };
        let (rules, plans) = (document.rules.len(), document.plans.len());
        tell(&file, &catalogue::rules_report(&document, largest));
        if let Some(redeem) = &document.points.redeem {
            say(&paying(redeem));
        }
        say(&format!(
            "{}: {rules} rules and {plans} coupon plans, ready to import.",
            file.display()
        ));
        Ok(())
    }
}

fn tell(file: &Path, report: &RulesReport) {
    for warning in &report.warnings {
        say(&format!("{}: warning: {warning}", file.display()));
    }
    for worst in &report.worst {
        say(&at_most(worst));
    }
}

/// How points pay, and what tills keep of them, in words.
fn paying(redeem: &Redeem) -> String {
    let (step, worth, least) = (redeem.points, redeem.worth, redeem.least());
    let aside = match redeem.dark {
        Some(dark) => format!(
            "A till that served a member keeps up to {} points aside for {} days, for when its line is down: \
             nobody else can spend these meanwhile.",
            dark.points, dark.days
        ),
        None => "Without a line they do not pay.".to_owned(),
    };
    format!("Every {step} points pay {worth}, from {least} on. {aside}")
}

/// The most that one rule gives, in one line. Amounts are in minor units.
fn at_most(worst: &WorstCase) -> String {
    let mut parts = Vec::new();
    if worst.basket_points > 0 || worst.basket_amount == 0 {
        let (basket, day) = (worst.basket_points, worst.day_points);
        parts.push(format!("{basket} points a basket, {day} a day"));
    }
    if worst.basket_amount > 0 {
        let (basket, day) = (worst.basket_amount, worst.day_amount);
        parts.push(format!("{basket} minor units a basket, {day} a day"));
    }
    format!("rule {} gives at most {}", worst.rule, parts.join("; "))
}
