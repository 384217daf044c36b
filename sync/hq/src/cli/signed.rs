//! `coupon key` and `coupon issue`: coupons that HQ signs, each plan's with keys of its own.

use super::say;
use super::table::{Format, Table};
use anyhow::bail;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};
use tillside_core::authority::{TOKEN_STORES_LIMIT, TokenHolder, TokenId, TokenStores, TokenTerms};
use tillside_core::{CodeKey, MemberId, PLAN_KEY_LIMIT, PlanId, ProofKind, StoreId};
use tillside_hq::clock::now;
use tillside_hq::coupons::{CouponStore, newest_plan_secret, next_plan_secret};
use tillside_hq::data::DataDir;
use tillside_hq::store::sqlite::SqliteStore;

/// The most coupons of one call.
const ISSUE_LIMIT: u64 = 1_000_000;

#[derive(Args)]
pub(super) struct Issue {
    /// The plan, which the rules must have with its key.
    #[arg(value_parser = PlanId::new)]
    plan: PlanId,
    /// How many.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=ISSUE_LIMIT))]
    count: u64,
    /// The last day they are good, in the store's time zone: 2026-12-24.
    #[arg(long)]
    until: Date,
    /// Good in this store alone; may be given again for more. Without it they are good in all.
    #[arg(long = "store", value_parser = StoreId::new)]
    stores: Vec<StoreId>,
    /// Good for this member alone. Without it they are good for whoever shows them.
    #[arg(long)]
    member: Option<MemberId>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
pub(super) struct Key {
    /// The plan.
    #[arg(value_parser = PlanId::new)]
    plan: PlanId,
    /// Make a new key. The rules keep the old ones, so that the coupons they signed stay good.
    #[arg(long)]
    rotate: bool,
    /// With a new key, leave out the oldest where the rules have room for no more: tills then take no
    /// coupon that it signed.
    #[arg(long, requires = "rotate")]
    forget_oldest: bool,
}

impl Key {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        let plan = self.plan;
        let mut keys = store.plan_keys(plan.clone()).await?;
        let secret = if self.rotate {
            if keys.is_empty() {
                bail!("{plan} has no key yet: `coupon key {plan}` makes its first");
            }
            if keys.len() >= PLAN_KEY_LIMIT && !self.forget_oldest {
                bail!(
                    "the rules have room for {PLAN_KEY_LIMIT} keys of {plan}: when no coupon that the oldest signed is \
                     out any more, say --forget-oldest"
                );
            }
            next_plan_secret(data, &plan, &keys)?
        } else {
            newest_plan_secret(data, &plan, &keys)?
        };
        let key = CodeKey::of_secret(&secret);
        store.keep_plan_key(plan.clone(), key).await?;
        keys = store.plan_keys(plan).await?;
        keys.reverse();
        keys.truncate(PLAN_KEY_LIMIT);
        say(&json!({"token": {"keys": keys}}).to_string());
        Ok(())
    }
}

impl Issue {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        let kept = store.plan_keys(self.plan.clone()).await?;
        let secret = newest_plan_secret(data, &self.plan, &kept)?;
        self.check(store, CodeKey::of_secret(&secret)).await?;
        let stores = self.stores()?;
        let holder = self.member.map_or(TokenHolder::Bearer, TokenHolder::Member);
        let plan = self.plan.clone();
        let batch = store.issue_tokens(plan, self.count, now()).await?;
        let mut table = Table::new(&["serial", "number", "token"]);
        for serial in batch.first..batch.first + batch.count {
            let plan = self.plan.clone();
            let terms = TokenTerms {
                id: TokenId { plan, serial },
                valid_until: self.until,
                stores: stores.clone(),
                holder,
            };
            let token = terms.seal(&secret)?;
            if self.format.is_for_programs() {
                let number = terms.id.number();
                // As text: a program would round so large a number.
                table.row::<Value>([
                    serial.to_string().into(),
                    number.as_str().into(),
                    token.into(),
                ]);
            } else {
                say(&token);
            }
        }
        if self.format.is_for_programs() {
            table.print(&self.format)?;
        }
        Ok(())
    }

    /// Nobody is given a coupon that no till will take.
    async fn check(&self, store: &SqliteStore, key: CodeKey) -> anyhow::Result<()> {
        let plan = &self.plan;
        match store.plan_proof(plan.clone()).await? {
            Some(ProofKind::Token { keys }) if keys.contains(&key) => Ok(()),
            Some(ProofKind::Token { .. }) => {
                bail!("the rules give {plan} another key: put in what `coupon key {plan}` prints")
            }
            Some(_) => bail!(
                "the coupons of {plan} are not signed: give it the proof that `coupon key {plan}` prints"
            ),
            None => bail!("the rules have no coupon plan {plan}: import them first"),
        }
    }

    fn stores(&self) -> anyhow::Result<TokenStores> {
        let mut stores = self.stores.clone();
        stores.sort();
        stores.dedup();
        match stores.len() {
            0 => Ok(TokenStores::All),
            1..=TOKEN_STORES_LIMIT => Ok(TokenStores::Only(stores)),
            many => {
                bail!("{many} stores are too many for one coupon: {TOKEN_STORES_LIMIT} is the most")
            }
        }
    }
}
