//! `replay`: past sales decided again.

use super::say;
use super::table::{Format, Table};
use anyhow::Context;
use clap::Args;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tillside_core::{Currency, MemberId, Money, StoreId};
use tillside_hq::catalogue;
use tillside_hq::clock::now;
use tillside_hq::replay::{Asked, Difference, ReplayReport, Sums, replay};
use tillside_hq::reports::ReportStore;
use tillside_hq::store::sqlite::SqliteStore;

/// Members that are named, of those who gain and of those who lose.
const NAMED: usize = 10;

/// Decide past sales again: proves that the stores decided by the rules they had and, with `--rules`,
/// says what other rules would have given. Coupons stay as they were. Changes nothing.
///
/// Ends with 1 if a sale comes out in another way than its store recorded it.
#[derive(Args)]
pub(super) struct ReplayArgs {
    /// Try these rules: a JSON file as for `import rules`.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The first business day, as 2026-11-01.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last business day.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Only this store.
    #[arg(long, value_name = "STORE")]
    store: Option<StoreId>,
    /// Write what changes for each member to this CSV file.
    #[arg(long, value_name = "FILE", requires = "rules")]
    members: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

impl ReplayArgs {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<ExitCode> {
        let rules = match &self.rules {
            Some(file) => {
                let document = catalogue::rules(&super::import::read(file)?);
                Some(document.with_context(|| format!("{} cannot be tried", file.display()))?)
            }
            None => None,
        };
        let tries = rules.is_some();
        let asked = Asked {
            rules,
            from: self.from,
            to: self.to,
            store: self.store.clone(),
        };
        let report = replay(store, asked, progress()).await?;
        let people = people(store, &report).await?;
        if let Some(file) = &self.members {
            let written = people.csv().map(|text| std::fs::write(file, text));
            written?.with_context(|| format!("{} cannot be written", file.display()))?;
        }
        match self.format.is_for_programs() {
            true => by_store(&report).print(&self.format)?,
            false => tell(&report, tries, &people)?,
        }
        Ok(match report.agrees() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

/// Says how far it is, where somebody watches.
#[allow(clippy::print_stderr, reason = "progress is no part of the answer")]
fn progress() -> impl FnMut(u64) {
    let watched = std::io::stderr().is_terminal();
    let mut said = 0;
    move |looked_at| {
        if watched && looked_at >= said + 50_000 {
            said = looked_at;
            eprintln!("{looked_at} records looked at");
        }
    }
}

fn tell(report: &ReplayReport, tries: bool, people: &People) -> anyhow::Result<()> {
    let ReplayReport {
        compared,
        differing,
        not_comparable,
        refused,
        ..
    } = report;
    say(&match differing {
        0 => format!("{compared} sales decided again: all as their stores decided."),
        _ => format!("{compared} sales decided again: {differing} come out in another way."),
    });
    if *not_comparable > 0 {
        say(&format!(
            "{not_comparable} sales cannot be compared: their bundles are from before HQ kept the rules of each."
        ));
    }
    report.differences.iter().for_each(|one| say(&words(one)));
    let named = report.differences.len() as u64;
    if *differing > named {
        say(&format!("... and {} more.", differing - named));
    }
    if !tries {
        return Ok(());
    }
    if *refused > 0 {
        say(&format!(
            "{refused} sales are out of the new rules' range and left out."
        ));
    }
    say("");
    say(&by_store(report).text());
    say("");
    people.tell();
    Ok(())
}

fn words(difference: &Difference) -> String {
    let Difference {
        sale,
        store,
        terminal,
        bundle,
        recorded,
        again,
        why,
    } = difference;
    let again = match why {
        Some(why) => why.clone(),
        None => format!("now {}", given(again)),
    };
    format!(
        "sale {sale} in {store} (terminal {terminal}, bundle {bundle}): recorded {}, {again}",
        given(recorded)
    )
}

fn given(sums: &Sums) -> String {
    match off(&sums.off) {
        off if off.is_empty() => format!("{} points", sums.points),
        off => format!("{} points and {off} off", sums.points),
    }
}

/// Amounts by currency: `2.50 EUR`.
fn off(sums: &BTreeMap<Currency, i64>) -> String {
    let amounts = sums
        .iter()
        .map(|(currency, minor)| amount(*minor, *currency));
    amounts.collect::<Vec<_>>().join(" + ")
}

fn amount(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).map_or_else(|_| minor.to_string(), |money| money.to_string())
}

/// A row for each store and currency; a store whose rules take nothing off has one.
fn by_store(report: &ReplayReport) -> Table {
    let mut table = Table::new(&[
        "store",
        "sales",
        "points_before",
        "points_after",
        "points_change",
        "off_before",
        "off_after",
    ]);
    for (store, sums) in &report.stores {
        table.row([
            Value::from(store.as_str()),
            sums.sales.into(),
            sums.before.points.into(),
            sums.after.points.into(),
            sums.after.points.saturating_sub(sums.before.points).into(),
            off(&sums.before.off).into(),
            off(&sums.after.off).into(),
        ]);
    }
    table
}

/// Who gains and who loses, by number: the most first.
struct People(Vec<(String, i64, i64, String)>);

async fn people(store: &SqliteStore, report: &ReplayReport) -> anyhow::Result<People> {
    let mut people = Vec::new();
    if report.members.is_empty() {
        return Ok(People(people));
    }
    let rows = store.balances(now()).await?.into_iter();
    let numbers: BTreeMap<MemberId, String> = rows.map(|row| (row.member, row.number)).collect();
    for (member, change) in &report.members {
        if change.change == Sums::default() {
            continue;
        }
        let number = numbers.get(member).cloned();
        let number = number.unwrap_or_else(|| member.to_string());
        let sums = &change.change;
        people.push((number, change.sales, sums.points, off(&sums.off)));
    }
    people.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    Ok(People(people))
}

impl People {
    fn csv(&self) -> anyhow::Result<String> {
        let mut table = Table::new(&["member", "sales", "points_change", "off_change"]);
        for (number, sales, points, off) in &self.0 {
            let (number, off) = (number.as_str(), off.as_str());
            table.row([
                Value::from(number),
                (*sales).into(),
                (*points).into(),
                off.into(),
            ]);
        }
        table.csv()
    }

    fn tell(&self) {
        let gain = self.0.iter().filter(|one| one.2 > 0).count();
        let lose = self.0.iter().filter(|one| one.2 < 0).count();
        say(&format!(
            "{gain} members would have more points, {lose} fewer."
        ));
        let first = self.0.iter().filter(|one| one.2 > 0).take(NAMED);
        let last = self.0.iter().rev().filter(|one| one.2 < 0).take(NAMED);
        for (number, sales, points, _) in first.chain(last) {
            say(&format!("  {number}: {points:+} points in {sales} sales"));
        }
    }
}
