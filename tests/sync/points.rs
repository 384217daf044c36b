//! Points that pay, at two tills over the real line, which is cut.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::stage::Stage;
use crate::tokens::till;
use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tillside_tests::{Api, Terminal, sample, until};

const ANNA: &str = "900000001";
/// What Anna comes with.
const HAS: i64 = 1_240;
/// What a till keeps aside.
const ASIDE: i64 = 300;

/// HQ with two tills of S1, each on a cable of its own, and rules by which a point is worth a cent.
struct Two {
    stage: Stage,
    tills: Vec<(Terminal, Cable, Api)>,
}

impl Two {
    async fn new() -> Self {
        let stage = Stage::new();
        let path = stage.folder.path().join("rules.json");
        let text = std::fs::read(sample().file("rules.json")).unwrap();
        let sample: Value = serde_json::from_slice(&text).unwrap();
        let rules = json!({"v": 2, "rules": [], "plans": sample["plans"], "points": {"redeem": {
            "points": 10, "worth": {"minor": 10, "currency": "EUR"}, "minimum": 50,
            "dark": {"points": ASIDE, "days": 14}}}});
        std::fs::write(&path, rules.to_string()).unwrap();
        let imported = stage.hq.run(&["import", "rules", path.to_str().unwrap()]);
        imported.unwrap();
        stage.publish();
        let tills = vec![till(&stage, "1").await, till(&stage, "2").await];
        for (_, _, api) in &tills {
            until("a bundle", async || {
                let status = api.get("/v1/status").await?;
                let up = status["line"]["up"] == true;
                Ok((status["bundle"].as_u64() > Some(0) && up).then_some(()))
            })
            .await
            .unwrap();
        }
        Self { stage, tills }
    }

    /// A sale of two coffees to Anna, open.
    async fn open(&self, till: usize) -> String {
        let api = &self.tills[till].2;
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        for code in [COFFEE, COFFEE, ANNA] {
            let scan = format!("{sale}/scan");
            api.post(&scan, json!({"code": code})).await.unwrap();
        }
        sale
    }

    async fn put(&self, till: usize, sale: &str, points: i64) -> Result<Value> {
        let api = &self.tills[till].2;
        api.put(&format!("{sale}/points"), json!({"points": points}))
            .await
    }

    async fn pay(&self, till: usize, sale: &str) -> Value {
        let cash = json!({"tenders": [{"kind": "cash"}]});
        let api = &self.tills[till].2;
        api.post(&format!("{sale}/checkout"), cash).await.unwrap()
    }

    async fn discard(&self, till: usize, sale: &str) {
        let api = &self.tills[till].2;
        api.call(Method::DELETE, sale, None, None).await.unwrap();
    }

    /// A sale that so many points pay in part.
    async fn sell(&self, till: usize, points: i64) -> Value {
        let sale = self.open(till).await;
        self.put(till, &sale, points).await.unwrap();
        self.pay(till, &sale).await
    }

    /// What the cashier reads where so many cannot pay.
    async fn refused(&self, till: usize, points: i64) -> String {
        let sale = self.open(till).await;
        let refused = format!("{:#}", self.put(till, &sale, points).await.unwrap_err());
        let view = self.tills[till].2.get(&sale).await.unwrap();
        assert_eq!(view["paying"]["points"], 0);
        self.discard(till, &sale).await;
        refused
    }

    /// Waits until a till may take so many points without HQ. What it has for a sale it gives back when no sale of
    /// Anna's is open, so one is only for a look.
    async fn keeps(&self, till: usize, points: i64) {
        until("points kept aside", async || {
            let sale = self.open(till).await;
            let view = self.tills[till].2.get(&sale).await?;
            self.discard(till, &sale).await;
            if view["paying"]["here"] == points {
                return Ok(Some(()));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(None)
        })
        .await
        .unwrap();
    }

    /// Waits until Anna has so many points at HQ, with every fact told and nothing for a person to decide.
    async fn hq_has(&self, points: i64) {
        until("HQ's balance", async || {
            for (_, _, api) in &self.tills {
                if api.get("/v1/status").await?["unconfirmed"] != 0 {
                    return Ok(None);
                }
            }
            let rows = self.stage.hq.json(&["report", "balances"])?;
            let anna = rows
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["number"] == ANNA);
            Ok((anna.unwrap()["active"] == points).then_some(()))
        })
        .await
        .unwrap();
        let cases = self.stage.hq.json(&["cases", "list"]).unwrap();
        assert_eq!(cases, json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_pay_with_the_line_and_without_it_and_never_twice() {
    let two = Two::new().await;
    // More than is kept anywhere: HQ is asked, and lets the till.
    let sold = two.sell(0, 500).await;
    let receipt = sold["receipt"].as_str().unwrap();
    assert!(receipt.contains("500 points"), "{receipt}");
    assert_eq!(sold["sale"]["tenders"][0]["kind"], "points");
    two.hq_has(HAS - 500).await;
    two.keeps(0, ASIDE).await;

    two.tills[0].1.cut();
    let words = two.refused(0, 400).await;
    assert!(words.contains("Only 300 of these points"), "{words}");
    two.sell(0, 200).await;
    let words = two.refused(0, 200).await;
    assert!(words.contains("Only 100 of these points"), "{words}");
    // What the dark till keeps is not to be had elsewhere.
    let words = two.refused(1, 500).await;
    assert!(words.contains("Only 440 of these points"), "{words}");
    two.sell(1, 440).await;
    two.sell(0, 100).await;

    two.tills[0].1.mend();
    two.hq_has(0).await;
    let words = two.refused(1, 50).await;
    assert!(words.contains("Only 0 of these points"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_were_asked_for_and_not_used_go_back() {
    let two = Two::new().await;
    let sale = two.open(0).await;
    two.put(0, &sale, 600).await.unwrap();
    // The shopper thinks better of it: the sale is paid in cash.
    let view = two.put(0, &sale, 0).await.unwrap();
    assert_eq!(
        (&view["paying"]["points"], &view["due"]),
        (&json!(0), &view["total"])
    );
    two.pay(0, &sale).await;
    two.keeps(0, ASIDE).await;
    until("the rest", async || {
        let sale = two.open(1).await;
        let put = two.put(1, &sale, 740).await;
        two.discard(1, &sale).await;
        Ok(put.is_ok().then_some(()))
    })
    .await
    .unwrap();
    two.hq_has(HAS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_no_points_of_an_open_sale() {
    let mut two = Two::new().await;
    // An open sale with points, and the program is killed.
    two.tills[0].1.cut();
    let open = two.open(0).await;
    let refused = two.put(0, &open, 400).await;
    assert!(refused.is_err());
    two.tills[0].1.mend();
    until("points for the sale", async || {
        Ok(two.put(0, &open, 400).await.ok())
    })
    .await
    .unwrap();
    two.tills[0].0.kill().unwrap();
    two.tills[0].0.start().unwrap();
    two.tills[0].2 = two.tills[0]
        .0
        .api_for(tillside_tests::Person::ANNA)
        .await
        .unwrap();
    let view = two.tills[0].2.get(&open).await.unwrap();
    assert_eq!(view["paying"]["points"], 400);
    assert_eq!(view["paying"]["words"], Value::Null);
    two.pay(0, &open).await;
    two.hq_has(HAS - 400).await;
}
