//! Manufacturers' coupons (AI 8110) at two tills over the real line, which is cut.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::stage::Stage;
use crate::tokens::till;
use serde_json::{Value, json};
use tillside_tests::{Api, Terminal, sample, until};

/// 0.50 off one item of the maker of the coffee, as a scanner reads it; with a serial number if that is not 0.
fn coupon(serial: u64) -> String {
    let company = &COFFEE[..7];
    let behind = match serial {
        0 => String::new(),
        serial => format!("52{serial:08}"),
    };
    format!("]e081101{company}654321250110000{behind}")
}

/// HQ with two tills of S1, each on a cable of its own; each takes two coupons before HQ has confirmed any.
struct Two {
    stage: Stage,
    tills: Vec<(Terminal, Cable, Api)>,
}

fn import(stage: &Stage) {
    let text = std::fs::read(sample().file("rules.json")).unwrap();
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    document["plans"].as_array_mut().unwrap().push(json!({
        "plan": "ACME", "name": "Manufacturer's coupon", "funder": "acme",
        "effect": {"kind": "amount_off", "amount": {"minor": 300, "currency": "EUR"}},
        "valid_from": "2020-01-01", "valid_until": "2099-12-31",
        "proof": {"manufacturer": {"companies": [&COFFEE[..7]], "cap": {"uses": 2, "past": "refuse"}}},
    }));
    let file = |name: &str, text: String| {
        let path = stage.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let rules = file("manufacturers.json", document.to_string());
    stage.hq.run(&["import", "rules", &rules]).unwrap();
    let numbers = file("acme.csv", "number,plan,store\nACME0001,ACME,\n".to_owned());
    let refused = stage.hq.run(&["import", "coupons", &numbers]);
    let words = format!("{:#}", refused.unwrap_err());
    assert!(words.contains("there are no numbers to import"), "{words}");
}

impl Two {
    async fn new() -> Self {
        let stage = Stage::new();
        import(&stage);
        stage.publish();
        let tills = vec![till(&stage, "1").await, till(&stage, "2").await];
        let two = Self { stage, tills };
        two.bundle(1).await;
        two
    }

    async fn bundle(&self, version: u64) {
        for (_, _, api) in &self.tills {
            until("a bundle", async || {
                let status = api.get("/v1/status").await?;
                Ok((status["bundle"].as_u64() >= Some(version)).then_some(()))
            })
            .await
            .unwrap();
        }
    }

    /// A sale of coffee at which a coupon is scanned, paid; what the screen says of it, and the sale's path.
    async fn sell(&self, till: usize, code: &str) -> (String, String) {
        let api = &self.tills[till].2;
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        let scan = format!("{sale}/scan");
        api.post(&scan, json!({"code": COFFEE})).await.unwrap();
        let shown = api.post(&scan, json!({"code": code})).await.unwrap();
        let cash = json!({"tenders": [{"kind": "cash"}]});
        api.post(&format!("{sale}/checkout"), cash).await.unwrap();
        (shown["message"].as_str().unwrap().to_owned(), sale)
    }

    async fn says(&self, till: usize, serial: u64, words: &str) -> String {
        let (said, sale) = self.sell(till, &coupon(serial)).await;
        assert!(said.contains(words), "{said:?}, not {words:?}");
        sale
    }

    fn at_hq(&self, words: &[&str]) -> Vec<Value> {
        let rows = self.stage.hq.json(words).unwrap();
        rows.as_array().unwrap().clone()
    }

    async fn hq_has(&self, uses: usize, cases: usize) {
        until("HQ has every use", async || {
            let rows = self.at_hq(&["report", "redemptions"]);
            let ours = rows.iter().filter(|row| row["plan"] == "ACME");
            let stand = ours.filter(|row| row["voided"] == false).count();
            let there = (stand, self.at_hq(&["cases", "list"]).len());
            Ok((there == (uses, cases)).then_some(()))
        })
        .await
        .unwrap();
        for (_, _, api) in &self.tills {
            until("HQ has confirmed everything", async || {
                let status = api.get("/v1/status").await?;
                Ok((status["unconfirmed"] == 0).then_some(()))
            })
            .await
            .unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_number_that_two_tills_took_in_the_dark_is_a_case_and_both_sales_stand() {
    let two = Two::new().await;
    two.hq_has(0, 0).await;
    two.tills.iter().for_each(|(_, cable, _)| cable.cut());
    let (first, second) = (
        "1 of 2 at this till, rules v1",
        "2 of 2 at this till, rules v1",
    );
    two.says(0, 4711, first).await;
    two.says(0, 4711, "used (S1").await;
    // Copies are not told apart, and the cap holds.
    two.says(0, 0, second).await;
    two.says(0, 0, "none left at this till").await;
    // What no till can know in the dark.
    two.says(1, 4711, first).await;
    two.says(1, 0, second).await;
    two.tills.iter().for_each(|(_, cable, _)| cable.mend());
    two.hq_has(3, 1).await;
    let cases = two.at_hq(&["cases", "list"]);
    assert_eq!(cases[0]["kind"], "coupon_used_twice", "{cases:?}");
    // What HQ has confirmed does not count any more; with the next bundle each knows what the other took.
    two.says(0, 4712, first).await;
    two.hq_has(4, 1).await;
    two.stage.publish();
    two.bundle(2).await;
    two.says(1, 4712, "used (S1").await;
    let worst = two.at_hq(&["coupon", "worst-case", "ACME"]);
    let words = worst[0]["words"].as_str().unwrap();
    assert!(
        words.starts_with("At worst 4 uses, 12.00 EUR before HQ hears of any"),
        "{words}"
    );
    let replay = two.stage.hq.run(&["replay"]).unwrap();
    assert!(!replay.contains("MFR"), "{replay}");
}
