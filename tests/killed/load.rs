//! Callers who sell one sale after another, and go on with the same keys when the agent was gone.

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tillside_core::SaleId;
use tillside_tests::Api;

/// A member of the sample chain.
const MEMBER: &str = "code:900000003";

/// One who sells. The keys of a sale are made of the caller's and the sale's numbers, as a POS keeps them.
#[derive(Clone)]
pub struct Caller {
    number: usize,
    /// The sale that is being sold.
    sale: usize,
    /// The sale's id, once it is known.
    pub open: Option<SaleId>,
    /// Whether its checkout was sent.
    pub sent: bool,
    /// Sales that were answered as recorded, and not looked up yet.
    pub answered: Vec<SaleId>,
}

impl Caller {
    pub fn new(number: usize) -> Self {
        Self {
            number,
            sale: 0,
            open: None,
            sent: false,
            answered: Vec::new(),
        }
    }

    /// Sells until there is no answer any more; so many sales at most.
    ///
    /// # Errors
    /// An answer that is no answer to this.
    pub async fn sell(&mut self, api: &Api, most: usize) -> Result<()> {
        for _ in 0..most {
            let Some(()) = self.sell_one(api).await? else {
                return Ok(());
            };
        }
        Ok(())
    }

    async fn sell_one(&mut self, api: &Api) -> Result<Option<()>> {
        let Some(view) = self.ask(api, "open", "/v1/sales", json!({})).await? else {
            return Ok(None);
        };
        let sale: SaleId = view["sale"].as_str().context("a sale")?.parse()?;
        self.open = Some(sale);
        let path = |what: &str| format!("/v1/sales/{sale}/{what}");
        let cup = json!({"code": "CUP-L"});
        if self.ask(api, "scan", &path("scan"), cup).await?.is_none() {
            return Ok(None);
        }
        if self.sale.is_multiple_of(2) {
            let card = json!({"card": MEMBER});
            let shown = self.ask(api, "customer", &path("customer"), card).await?;
            if shown.is_none() {
                return Ok(None);
            }
        }
        self.sent = true;
        let cash = json!({"tenders": [{"kind": "cash"}]});
        let paid = self.ask(api, "checkout", &path("checkout"), cash).await?;
        if paid.is_none() {
            return Ok(None);
        }
        self.answered.push(sale);
        (self.sale, self.open, self.sent) = (self.sale + 1, None, false);
        Ok(Some(()))
    }

    /// The answer; none if there was none.
    async fn ask(&self, api: &Api, what: &str, path: &str, body: Value) -> Result<Option<Value>> {
        let key = format!("{}-{}-{what}", self.number, self.sale);
        let method = match what {
            "customer" => Method::PUT,
            _ => Method::POST,
        };
        match api.ask(method, path, Some(body), Some(&key)).await {
            Err(_) => Ok(None),
            Ok(answer) if answer.status.is_success() => Ok(Some(answer.body)),
            Ok(answer) => bail!("{what} of sale {key}: {} {}", answer.status, answer.body),
        }
    }
}
