//! Numbers that any till takes at its own risk, over the real line, which is cut.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::stage::Stage;
use crate::tokens::till;
use serde_json::{Value, json};
use tillside_tests::{Api, Person, Terminal, sample, until};

const NUMBERS: [&str; 8] = [
    "RISK0001", "RISK0002", "RISK0003", "RISK0004", "RISK0005", "RISK0006", "RISK0007", "RISK0008",
];

/// HQ with two tills of S1, each on a cable of its own, and eight numbers of which each till takes two
/// before HQ has confirmed any.
struct Two {
    stage: Stage,
    tills: Vec<(Terminal, Cable, Api)>,
}

/// Imports rules that have the plan, and its numbers.
fn issue(stage: &Stage) {
    let file = |name: &str, text: String| {
        let path = stage.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = std::fs::read(sample().file("rules.json")).unwrap();
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    document["plans"].as_array_mut().unwrap().push(json!({
        "plan": "RISK", "name": "From the paper", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "funder": "chain",
        "proof": {"risk_cap": {"uses": 2, "past": "manager"}},
    }));
    let rules = file("rules.json", document.to_string());
    let refused = stage.hq.run(&["import", "rules", &rules]).unwrap_err();
    let words = format!("{refused:#}");
    assert!(
        words.contains("past the risk cap tills can only refuse yet"),
        "{words}"
    );
    let plans = document["plans"].as_array_mut().unwrap();
    plans.last_mut().unwrap()["proof"]["risk_cap"]["past"] = json!("refuse");
    let rules = file("rules.json", document.to_string());
    stage.hq.run(&["import", "rules", &rules]).unwrap();
    let rows = NUMBERS.map(|number| format!("{number},RISK,\n"));
    let coupons = file("risk.csv", format!("number,plan,store\n{}", rows.concat()));
    stage.hq.run(&["import", "coupons", &coupons]).unwrap();
}

impl Two {
    async fn new() -> Self {
        let stage = Stage::new();
        issue(&stage);
        stage.publish();
        let tills = vec![till(&stage, "1").await, till(&stage, "2").await];
        let two = Self { stage, tills };
        two.bundle(1).await;
        two
    }

    /// Waits until every till has a bundle of that version.
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

    /// A sale of coffee with these numbers, paid. What it came to, and what the screen says of the last.
    async fn sell(&self, till: usize, numbers: &[&str]) -> (Value, Vec<String>) {
        let api = &self.tills[till].2;
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        let scan = format!("{sale}/scan");
        for _ in numbers {
            api.post(&scan, json!({"code": COFFEE})).await.unwrap();
        }
        let mut said = Vec::new();
        for number in numbers {
            let put = format!("{sale}/coupons");
            let shown = api.post(&put, json!({"number": number})).await.unwrap();
            said.push(shown["words"].as_str().unwrap().to_owned());
        }
        let cash = json!({"tenders": [{"kind": "cash"}]});
        let sold = api.post(&format!("{sale}/checkout"), cash).await.unwrap();
        (sold, said)
    }

    async fn says(&self, till: usize, numbers: &[&str], words: &[&str]) -> Value {
        let (sold, said) = self.sell(till, numbers).await;
        assert_eq!(said.len(), words.len());
        for (said, words) in said.iter().zip(words) {
            assert!(said.contains(words), "{said:?}, not {words:?}");
        }
        sold
    }

    fn at_hq(&self, words: &[&str]) -> Vec<Value> {
        let rows = self.stage.hq.json(words).unwrap();
        rows.as_array().unwrap().clone()
    }

    fn uses_at_hq(&self) -> usize {
        let rows = self.at_hq(&["report", "redemptions"]);
        let ours = rows.iter().filter(|row| row["plan"] == "RISK");
        ours.filter(|row| row["voided"] == false).count()
    }

    async fn hq_has(&self, uses: usize, cases: usize) {
        until("HQ has every use once", async || {
            let there = (self.uses_at_hq(), self.at_hq(&["cases", "list"]).len());
            Ok((there == (uses, cases)).then_some(()))
        })
        .await
        .unwrap();
    }

    async fn all_confirmed(&self, till: usize) {
        until("HQ has confirmed everything", async || {
            let status = self.tills[till].2.get("/v1/status").await?;
            Ok((status["unconfirmed"] == 0).then_some(()))
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tills_in_the_dark_take_numbers_up_to_the_cap_and_what_both_took_is_a_case() {
    let mut two = Two::new().await;
    for till in 0..2 {
        two.all_confirmed(till).await;
    }
    two.tills.iter().for_each(|(_, cable, _)| cable.cut());
    let first = "valid (provisional: risk, 1 of 2 at this till, rules v1)";
    let second = "valid (provisional: risk, 2 of 2 at this till, rules v1)";
    let met = "none left at this till (it took what it may by itself";
    two.says(0, &["RISK0001"], &[first]).await;
    two.says(0, &["RISK0001"], &["used (S1"]).await;
    two.says(0, &["RISK0009"], &["unknown"]).await;
    // In one sale they count together.
    let sold = two.says(0, &["RISK0002", "RISK0003"], &[second, met]).await;
    let words = sold["sale"]["coupons"][0]["words"].as_str().unwrap();
    assert_eq!(words, second, "and so says the recorded sale");
    // Not forgotten over a restart.
    let (till, _, api) = &mut two.tills[0];
    till.stop().unwrap();
    till.start().unwrap();
    *api = till.api_for(Person::ANNA).await.unwrap();
    two.says(0, &["RISK0003"], &[met]).await;
    // What no till can know in the dark: the other takes the same number, and up to its own cap.
    two.says(1, &["RISK0001", "RISK0004"], &[first, second])
        .await;
    two.says(1, &["RISK0005"], &[met]).await;
    two.tills.iter().for_each(|(_, cable, _)| cable.mend());
    // Every sale is booked, each number counts once, and a person hears of the second use.
    two.hq_has(3, 1).await;
    let cases = two.at_hq(&["cases", "list"]);
    assert_eq!(cases[0]["kind"], "coupon_used_twice", "{cases:?}");
    // What HQ has confirmed does not count any more.
    for till in 0..2 {
        two.all_confirmed(till).await;
    }
    two.tills.iter().for_each(|(_, cable, _)| cable.cut());
    two.says(0, &["RISK0005", "RISK0006"], &[first, second])
        .await;
    two.says(0, &["RISK0007"], &[met]).await;
    two.tills.iter().for_each(|(_, cable, _)| cable.mend());
    two.hq_has(5, 1).await;
    // With the next bundle every till knows what others took, and what was taken back.
    two.stage.hq.run(&["coupon", "revoke", "RISK0008"]).unwrap();
    two.stage.publish();
    two.bundle(2).await;
    two.says(1, &["RISK0005"], &["used (S1"]).await;
    two.says(1, &["RISK0008"], &["revoked"]).await;
    two.says(1, &["RISK0003"], &["rules v2"]).await;
    let worst = two.at_hq(&["coupon", "worst-case", "RISK"]);
    assert_eq!(
        (&worst[0]["decided"], &worst[0]["beyond"]),
        (&json!(8), &json!(8))
    );
    let words = worst[0]["words"].as_str().unwrap();
    assert!(
        words.contains("a till accepts at most 2 uses; all tills together, 4 uses"),
        "{words}"
    );
    let replay = two.stage.hq.run(&["replay"]).unwrap();
    assert!(!replay.contains("RISK000"), "{replay}");
}
