//! A real HQ and a real till of it, with whatever keys and readers a test gives them.

use anyhow::Result;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tillside_tests::{Api, Headquarters, Person, Terminal, sample, until};

/// The card that is issued, and who gets it: the sample chain's Clara.
pub const CARD: &str = "desfire-ev3:04F1A2B3C4D5E6";
pub const CARD_IDENTITY: &str = "uid:04F1A2B3C4D5E6";
pub const CLARA: &str = "900000003";
/// Ground coffee, 4.29.
const COFFEE: &str = "4012345010374";

/// HQ serves, S1 issues cards and puts money on; its till is installed and does not run yet.
pub struct Shop {
    pub till: Terminal,
    pub hq: Headquarters,
    pub folder: TempDir,
}

impl Shop {
    /// `socket` is the PC/SC service of the till; one that is not there if the test has none.
    pub fn open(socket: Option<&Path>) -> Self {
        tillside_tests::prepare();
        let folder = TempDir::new().unwrap();
        let mut hq = Headquarters::found(&folder.path().join("hq"), "Corner Shops").unwrap();
        hq.import(&sample()).unwrap();
        for words in [
            &["emoney", "init", "--currency", "EUR", "--cap", "150.00"][..],
            &["store", "desk", "S1", "--top-up", "--issue"],
            &["publish"],
        ] {
            hq.run(words).unwrap();
        }
        hq.start().unwrap();
        let none = folder.path().join("no-pcscd");
        let till = folder.path().join("till");
        let socket = Some(socket.unwrap_or(&none));
        let till = Terminal::install(&till, &hq, "S1", socket).unwrap();
        Self { till, hq, folder }
    }

    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The till's status once it is as asked.
    pub async fn status(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let last = std::cell::RefCell::new(Value::Null);
        let seen = until(what, async || {
            let status = self.till.api()?.get("/v1/status").await?;
            last.replace(status.clone());
            Ok(wanted(&status).then_some(status))
        });
        seen.await
            .unwrap_or_else(|error| panic!("{error}: {}", last.borrow()))
    }

    pub async fn api(&self, person: Person) -> Api {
        self.till.api_for(person).await.unwrap()
    }

    /// Begins a job, has `hold` present the card, and says how the job ended.
    pub async fn job(&self, api: &Api, path: &str, body: Value, hold: impl FnOnce()) -> Value {
        api.post(path, body).await.unwrap();
        hold();
        ended(api).await.unwrap()
    }

    /// Issued by Mara, and 20.00 EUR put on.
    pub async fn issue_and_charge(&self, hold: impl Fn(bool)) {
        let mara = self.api(Person::MARA).await;
        for (path, body) in [
            ("/v1/cards/issue", json!({"member": CLARA})),
            (
                "/v1/purses/top-up",
                json!({"amount": eur(2_000), "tender": "cash"}),
            ),
        ] {
            let job = self.job(&mara, path, body, || hold(true)).await;
            assert_eq!(job["stage"], "done", "{path}: {job}");
            hold(false);
        }
    }

    /// A sale of 4.29 EUR.
    pub async fn sale(&self, api: &Api) -> String {
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        let scan = json!({"code": COFFEE});
        let shown = api.post(&format!("{sale}/scan"), scan).await.unwrap();
        assert_ne!(shown["kind"], "unknown", "{shown}");
        sale
    }

    /// Sells for cash, as a till can whatever its keys and readers do.
    pub async fn sells_for_cash(&self) {
        let api = self.api(Person::ANNA).await;
        let sale = self.sale(&api).await;
        let cash = json!({"tenders": [{"kind": "cash"}]});
        let paid = api.post(&format!("{sale}/checkout"), cash).await.unwrap();
        assert_eq!(paid["sale"]["state"], "completed", "{paid}");
    }
}

pub fn eur(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

/// How the newest job with a card ended.
pub async fn ended(api: &Api) -> Result<Value> {
    until("the job with the card ends", async || {
        let job = api.get("/v1/jobs/current").await?;
        let live = job["stage"] == "waiting" || job["stage"] == "working";
        Ok((!live).then_some(job))
    })
    .await
}

/// What the status says is wrong, by its code.
pub fn problem<'s>(status: &'s Value, code: &str) -> Option<&'s str> {
    let mut problems = status["problems"].as_array()?.iter();
    problems.find(|problem| problem["code"] == code)?["message"].as_str()
}
