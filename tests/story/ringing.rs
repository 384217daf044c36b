//! Ringing up a sale over the local API, as a cashier or a POS does.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use tillside_tests::Api;

/// GTINs and SKUs of the sample chain that the story sells.
pub mod shelf {
    /// Coffee beans, dark roast 500 g: 7.49, category coffee.
    pub const BEANS: &str = "4012345010008";
    /// Whole milk 1 l: 1.29.
    pub const MILK: &str = "4012345011852";
    /// Rye bread 750 g: 3.20.
    pub const BREAD: &str = "4012345014075";
    /// Coffee to go, large: 2.90, category coffee.
    pub const CUP: &str = "CUP-L";
}

/// An open sale.
pub struct Ringing<'a> {
    /// Its id.
    pub sale: String,
    api: &'a Api,
}

impl<'a> Ringing<'a> {
    /// Opens a sale.
    pub async fn open(api: &'a Api) -> Result<Self> {
        let view = api.post("/v1/sales", json!({})).await?;
        let sale = view["sale"].as_str().context("a sale has an id")?;
        Ok(Self {
            sale: sale.to_owned(),
            api,
        })
    }

    /// A sale that is open already.
    pub fn resumed(api: &'a Api, sale: &str) -> Self {
        Self {
            sale: sale.to_owned(),
            api,
        }
    }

    /// Opens a sale and scans some goods.
    pub async fn with(api: &'a Api, codes: &[&str]) -> Result<Self> {
        let ringing = Self::open(api).await?;
        for code in codes {
            ringing.scan(code).await?;
        }
        Ok(ringing)
    }

    /// Scans something.
    pub async fn scan(&self, code: &str) -> Result<Value> {
        let path = format!("/v1/sales/{}/scan", self.sale);
        self.api.post(&path, json!({"code": code})).await
    }

    /// Shows a card.
    pub async fn customer(&self, card: &str) -> Result<Value> {
        let path = format!("/v1/sales/{}/customer", self.sale);
        self.api.put(&path, json!({"card": card})).await
    }

    /// Shows a coupon.
    pub async fn coupon(&self, number: &str) -> Result<Value> {
        let path = format!("/v1/sales/{}/coupons", self.sale);
        self.api.post(&path, json!({"number": number})).await
    }

    /// Pays the whole total in cash.
    pub async fn check_out(&self) -> Result<Value> {
        let path = format!("/v1/sales/{}/checkout", self.sale);
        self.api.post(&path, paid_in_cash()).await
    }

    /// Pays, with the caller's own key. Fails only if there is no answer.
    pub async fn check_out_with(&self, key: &str) -> Result<tillside_tests::Answer> {
        let path = format!("/v1/sales/{}/checkout", self.sale);
        self.api
            .ask(Method::POST, &path, Some(paid_in_cash()), Some(key))
            .await
    }

    /// Gives the sale up.
    pub async fn abandon(self) -> Result<()> {
        let path = format!("/v1/sales/{}", self.sale);
        self.api.call(Method::DELETE, &path, None, None).await?;
        Ok(())
    }
}

/// One tender without an amount: the whole total.
fn paid_in_cash() -> Value {
    json!({"tenders": [{"kind": "cash"}]})
}

/// The points that a till shows for a member, found by the printed number.
pub async fn points_at(api: &Api, number: &str) -> Result<i64> {
    let ringing = Ringing::open(api).await?;
    let view = ringing.customer(&format!("code:{number}")).await?;
    ringing.abandon().await?;
    view["customer"]["member"]["points"]
        .as_i64()
        .with_context(|| {
            format!(
                "the till does not know member {number}: {}",
                view["customer"]
            )
        })
}

/// A member's points in HQ's report of balances.
pub fn points_in(balances: &Value, number: &str) -> Result<i64> {
    let rows = balances.as_array().context("the report is a list")?;
    let row = rows
        .iter()
        .find(|row| row["number"].as_str() == Some(number));
    row.and_then(|row| row["points"].as_i64())
        .with_context(|| format!("HQ's report has no member {number}"))
}
