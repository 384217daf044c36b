//! `coupon`: taking numbers back, and what plans may cost at worst.

use super::say;
use super::signed::{Issue, Key};
use super::table::{Format, Table};
use anyhow::bail;
use clap::Subcommand;
use serde_json::Value;
use tillside_core::{CouponNumber, Money, PlanId};
use tillside_hq::clock::now;
use tillside_hq::coupons::{CouponStore, PlanWorst, worst_cases};
use tillside_hq::data::DataDir;
use tillside_hq::publish::PublishStore;
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Subcommand)]
pub(super) enum Coupon {
    /// Revoke numbers, from the next bundle on. What a store used before it hears of it stands.
    Revoke {
        /// The numbers.
        #[arg(required = true, value_parser = CouponNumber::new)]
        numbers: Vec<CouponNumber>,
    },
    /// Make the key that signs a plan's coupons, once, and print what the plan's rules say of its keys, the
    /// newest first.
    Key(Key),
    /// Issue signed coupons of a plan, and print the text of each one's QR code. Each is good once; it is
    /// not kept here, so print it into a file.
    Issue(Issue),
    /// Print how often each plan can be used at worst and what that costs, as it would be published now:
    /// with stores cut off, and no luck at all.
    WorstCase {
        /// Only this plan.
        #[arg(value_parser = PlanId::new)]
        plan: Option<PlanId>,
        #[command(flatten)]
        format: Format,
    },
}

impl Coupon {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Self::Key(key) => key.run(data, store).await,
            Self::Issue(issue) => issue.run(data, store).await,
            Self::Revoke { numbers } => {
                let revoked = store.revoke_coupons(numbers, now()).await?;
                say(&format!(
                    "{revoked} coupons revoked. Publish, so that the stores hear of it."
                ));
                Ok(())
            }
            Self::WorstCase { plan, format } => {
                let mut plans = worst_cases(&store.edition(now()).await?)?;
                if let Some(plan) = plan {
                    plans.retain(|worst| worst.plan == plan);
                    if plans.is_empty() {
                        bail!("the rules have no plan {plan}: `coupon worst-case` lists all");
                    }
                }
                tell(&plans, &format)
            }
        }
    }
}

fn tell(plans: &[PlanWorst], format: &Format) -> anyhow::Result<()> {
    if !format.is_for_programs() {
        if plans.is_empty() {
            say("The rules have no coupon plans.");
        }
        for PlanWorst { plan, name, worst } in plans {
            say(&format!("{plan}, {name}:\n  {worst}"));
        }
        return Ok(());
    }
    let mut table = Table::new(&[
        "plan",
        "name",
        "decided",
        "beyond",
        "cost",
        "cost_beyond",
        "words",
    ]);
    let amount = |money: Option<Money>| money.map_or(Value::Null, |money| money.to_string().into());
    for PlanWorst { plan, name, worst } in plans {
        table.row::<Value>([
            plan.as_str().into(),
            name.as_str().into(),
            worst.decided.into(),
            worst.beyond.into(),
            amount(worst.cost),
            amount(worst.cost_beyond),
            worst.to_string().into(),
        ]);
    }
    table.print(format)
}
