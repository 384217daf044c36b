//! A quota of five uses, shared by two tills over the real line, which is cut.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::stage::Stage;
use serde_json::{Value, json};
use std::path::Path;
use tillside_tests::{Api, Person, Terminal, sample, until};

const QUOTA: u64 = 5;

/// HQ with two tills of S1, each on a cable of its own.
struct Two {
    stage: Stage,
    tills: Vec<(Terminal, Cable, Api)>,
}

fn rules(folder: &Path) -> String {
    let plan = json!({
        "plan": "FIRST", "name": "The first five", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "funder": "chain",
        "proof": {"lease": {"code": "FIRST5", "quota": QUOTA}},
    });
    let path = folder.join("quota.json");
    let sample = std::fs::read(sample().file("rules.json")).unwrap();
    let mut document: Value = serde_json::from_slice(&sample).unwrap();
    document["plans"].as_array_mut().unwrap().push(plan);
    std::fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// An enrolled till of S1 that runs, on a cable of its own, with Anna signed in.
pub async fn till(stage: &Stage, lane: &str) -> (Terminal, Cable, Api) {
    let code = stage.hq.invite("S1").unwrap();
    till_by(stage, lane, &code).await
}

/// The same, let in by a code.
pub async fn till_by(stage: &Stage, lane: &str, code: &str) -> (Terminal, Cable, Api) {
    let cable = Cable::to(&stage.hq.address()).await;
    let mut till = Terminal::bare(&stage.folder.path().join(format!("till{lane}")), None);
    let words = ["enrol", "--hq", &cable.address(), "--lane", lane, code];
    till.run(&words, None).unwrap();
    let Person {
        code,
        name,
        role,
        pin,
    } = Person::ANNA;
    let words = ["people", "add", code, "--name", name, "--role", role];
    let words = [&words[..], &["--pin-stdin"]].concat();
    till.run(&words, Some(&format!("{pin}\n"))).unwrap();
    till.poll_every(1);
    till.start().unwrap();
    let api = till.api_for(Person::ANNA).await.unwrap();
    (till, cable, api)
}

impl Two {
    async fn new() -> Self {
        let stage = Stage::new();
        let path = rules(stage.folder.path());
        stage.hq.run(&["import", "rules", &path]).unwrap();
        stage.publish();
        let tills = vec![till(&stage, "1").await, till(&stage, "2").await];
        for (_, _, api) in &tills {
            until("a bundle", async || {
                let status = api.get("/v1/status").await?;
                Ok((status["bundle"].as_u64() > Some(0)).then_some(()))
            })
            .await
            .unwrap();
        }
        Self { stage, tills }
    }

    /// A sale of coffee with the code, paid. None if it was used; else what the screen says of it.
    async fn sell(&self, till: usize) -> Option<String> {
        let api = &self.tills[till].2;
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        let scan = format!("{sale}/scan");
        api.post(&scan, json!({"code": COFFEE})).await.unwrap();
        let shown = api.post(&scan, json!({"code": "FIRST5"})).await.unwrap();
        let cash = json!({"tenders": [{"kind": "cash"}]});
        api.post(&format!("{sale}/checkout"), cash).await.unwrap();
        let used = shown["sale"]["discount_total"]["minor"].as_u64() > Some(0);
        (!used).then(|| shown["message"].as_str().unwrap().to_owned())
    }

    /// Sells until the screen says that there is none. Gives how many were used, and what it said.
    async fn sell_all(&self, till: usize) -> (u64, String) {
        for used in 0..=QUOTA {
            if let Some(words) = self.sell(till).await {
                return (used, words);
            }
        }
        panic!("more than {QUOTA} uses");
    }

    /// Waits until a till has something to give, and gives one.
    async fn sell_one(&self, till: usize) {
        until("a use", async || {
            Ok(self.sell(till).await.is_none().then_some(()))
        })
        .await
        .unwrap();
    }

    fn uses_at_hq(&self) -> usize {
        let rows = self.stage.hq.json(&["report", "redemptions"]).unwrap();
        let rows = rows.as_array().unwrap().iter();
        rows.filter(|row| row["plan"] == "FIRST").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_never_overshot_in_the_dark_and_all_of_it_can_be_used_where_the_demand_is() {
    let two = Two::new().await;
    two.sell_one(1).await;
    two.sell_one(0).await;
    two.tills[1].1.cut();
    let (dark, words) = two.sell_all(1).await;
    assert!(
        words.contains("none left at this till"),
        "what the cashier reads: {words}"
    );
    // The demand is at the other till now; it gets all but what is in the dark.
    let mut used = 2 + dark;
    for _ in 0..6 {
        used += two.sell_all(0).await.0;
        assert!(used <= QUOTA, "{used} uses of {QUOTA}");
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    }
    two.tills[1].1.mend();
    while used < QUOTA {
        two.sell_one(1).await;
        used += 1;
    }
    for till in [0, 1] {
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        let (more, words) = two.sell_all(till).await;
        assert_eq!(more, 0, "{words}");
    }
    until("HQ has every use", async || {
        Ok((two.uses_at_hq() as u64 == QUOTA).then_some(()))
    })
    .await
    .unwrap();
    let cases = two.stage.hq.json(&["cases", "list"]).unwrap();
    assert_eq!(cases, json!([]));
}
