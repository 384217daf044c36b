//! `import`: files into HQ.

use super::say;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tillside_core::engine::lint::{Warning, lint};
use tillside_hq::catalogue::{self, CatalogueStore};
use tillside_hq::clock::now;
use tillside_hq::coupons::CouponStore;
use tillside_hq::coupons::import::coupons;
use tillside_hq::import::{FILE_BYTE_LIMIT, FileError, Imported, Policy};
use tillside_hq::members::MemberStore;
use tillside_hq::members::import::members;
use tillside_hq::store::sqlite::SqliteStore;
use uuid::Uuid;

/// The exit code where rows were bad.
const BAD_ROWS: u8 = 2;

#[derive(Args)]
pub(super) struct Import {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Args)]
struct File {
    /// The CSV file: UTF-8, commas, the first line names the columns.
    file: PathBuf,
    /// Import the good rows even if others are bad. Without this, one bad row stops the whole file.
    #[arg(long)]
    skip_bad: bool,
}

#[derive(Subcommand)]
enum Kind {
    /// Columns: store,name,time_zone,currency (may have desk: top_up, top_up issue, or none)
    Stores(File),
    /// Columns: gtin,sku,name,price,category,tax_class,currency (one of gtin and sku)
    Products(File),
    /// Columns: number,display_name,tier,points,store,cards (points count at a member's first import)
    Members(File),
    /// Columns: number,plan,store; the store is empty for a plan with a risk cap
    Coupons(File),
    /// Rules and coupon plans, as JSON.
    Rules {
        /// The JSON file.
        file: PathBuf,
    },
}

impl Import {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<ExitCode> {
        let (file, what) = match &self.kind {
            Kind::Rules { file } => return rules(file, store).await,
            Kind::Stores(file) => (file, "stores"),
            Kind::Products(file) => (file, "products"),
            Kind::Members(file) => (file, "members"),
            Kind::Coupons(file) => (file, "coupons"),
        };
        let path = &file.file;
        let bytes = read(path)?;
        let policy = if file.skip_bad {
            Policy::SkipBad
        } else {
            Policy::AllOrNothing
        };
        let wrong = || format!("nothing of {} was imported", path.display());
        let imported = match self.kind {
            Kind::Products(_) => {
                let rows = catalogue::products(&bytes).with_context(wrong)?;
                store.import_products(rows, policy).await?
            }
            Kind::Members(_) => {
                let rows = members(&bytes, Uuid::now_v7).with_context(wrong)?;
                store.import_members(rows, policy, now()).await?
            }
            Kind::Coupons(_) => {
                let rows = coupons(&bytes).with_context(wrong)?;
                store.import_coupons(rows, policy).await?
            }
            Kind::Stores(_) | Kind::Rules { .. } => {
                let rows = catalogue::stores(&bytes).with_context(wrong)?;
                store.import_stores(rows, policy).await?
            }
        };
        tell(path, what, &imported);
        Ok(if imported.bad.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(BAD_ROWS)
        })
    }
}

/// Names every bad row, then says what was done.
#[allow(
    clippy::print_stderr,
    reason = "a command line program complains there"
)]
fn tell(path: &Path, what: &str, imported: &Imported) {
    for bad in &imported.bad {
        eprintln!("{}: {bad}", path.display());
    }
    let Imported {
        added,
        changed,
        unchanged,
        ..
    } = imported;
    let bad = imported.bad.len();
    if !imported.applied {
        let rows = if bad == 1 { "row is" } else { "rows are" };
        eprintln!(
            "{bad} {rows} wrong, so nothing was imported. Correct the file, or use --skip-bad to import the others."
        );
        return;
    }
    let skipped = match bad {
        0 => String::new(),
        _ => format!(" Skipped: {bad}, named above."),
    };
    say(&format!(
        "{what}: {added} new, {changed} changed, {unchanged} unchanged.{skipped}"
    ));
}

async fn rules(path: &Path, store: &SqliteStore) -> anyhow::Result<ExitCode> {
    let document = catalogue::rules(&read(path)?)
        .with_context(|| format!("nothing of {} was imported", path.display()))?;
    let (rules, plans) = (document.rules.len(), document.plans.len());
    // That a rule has no cap in total is for `rules check` to say: most rules have none.
    let warnings = lint(&document).into_iter();
    for warning in warnings.filter(|warning| !matches!(warning, Warning::Uncapped { .. })) {
        say(&format!("{}: warning: {warning}", path.display()));
    }
    store.import_rules(document, now()).await?;
    say(&format!("rules: {rules} rules and {plans} coupon plans."));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let wrong = || format!("cannot read {}", path.display());
    let size = std::fs::metadata(path).with_context(wrong)?.len();
    if size > FILE_BYTE_LIMIT {
        return Err(FileError::TooLarge).with_context(wrong);
    }
    std::fs::read(path).with_context(wrong)
}
