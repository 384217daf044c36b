//! A coupon that HQ signed, shown at two tills over the real line, which is cut.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::stage::Stage;
use serde_json::{Value, json};
use tillside_tests::{Api, Person, Terminal, sample, until};

/// HQ with two tills of S1, each on a cable of its own, and three signed coupons.
struct Two {
    stage: Stage,
    tills: Vec<(Terminal, Cable, Api)>,
    coupons: Vec<String>,
}

/// Makes the plan's key, imports rules that name it, and issues coupons.
fn issue(stage: &Stage) -> Vec<String> {
    let (hq, path) = (&stage.hq, stage.folder.path().join("signed.json"));
    let unknown = hq.run(&["coupon", "issue", "SIGNED", "--until", "2099-12-31"]);
    let words = format!("{:#}", unknown.unwrap_err());
    assert!(words.contains("have no coupon plan SIGNED"), "{words}");
    let proof: Value =
        serde_json::from_str(&hq.run(&["coupon", "key", "SIGNED"]).unwrap()).unwrap();
    let plan = json!({
        "plan": "SIGNED", "name": "From the letter", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "funder": "chain", "proof": proof,
    });
    let text = std::fs::read(sample().file("rules.json")).unwrap();
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    document["plans"].as_array_mut().unwrap().push(plan);
    std::fs::write(&path, document.to_string()).unwrap();
    hq.run(&["import", "rules", path.to_str().unwrap()])
        .unwrap();
    let issued = ["coupon", "issue", "SIGNED", "--count", "3", "--until"];
    let issued = hq.run(&[&issued[..], &["2099-12-31"]].concat()).unwrap();
    issued.lines().map(str::to_owned).collect()
}

pub async fn till(stage: &Stage, lane: &str) -> (Terminal, Cable, Api) {
    let cable = Cable::to(&stage.hq.address()).await;
    let mut till = Terminal::bare(&stage.folder.path().join(format!("till{lane}")), None);
    let code = stage.hq.invite("S1").unwrap();
    let words = ["enrol", "--hq", &cable.address(), "--lane", lane, &code];
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
        let coupons = issue(&stage);
        assert_eq!(coupons.len(), 3);
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
        Self {
            stage,
            tills,
            coupons,
        }
    }

    /// A sale of coffee at which a code is shown, paid. Whether it took something off, and what the screen
    /// says of it.
    async fn sell(&self, till: usize, code: &str) -> (bool, String) {
        let api = &self.tills[till].2;
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        let scan = format!("{sale}/scan");
        api.post(&scan, json!({"code": COFFEE})).await.unwrap();
        let shown = api.post(&scan, json!({"code": code})).await.unwrap();
        let cash = json!({"tenders": [{"kind": "cash"}]});
        api.post(&format!("{sale}/checkout"), cash).await.unwrap();
        let used = shown["sale"]["discount_total"]["minor"].as_u64() > Some(0);
        (used, shown["message"].as_str().unwrap().to_owned())
    }

    async fn used(&self, till: usize, code: &str) {
        let (used, words) = self.sell(till, code).await;
        assert!(used, "{words}");
    }

    async fn refused(&self, till: usize, code: &str, why: &str) {
        let (used, words) = self.sell(till, code).await;
        assert!(!used && words.contains(why), "{words}");
    }

    fn at_hq(&self, words: &[&str]) -> Vec<Value> {
        let rows = self.stage.hq.json(words).unwrap();
        rows.as_array().unwrap().clone()
    }

    fn uses_at_hq(&self) -> usize {
        let rows = self.at_hq(&["report", "redemptions"]);
        rows.iter().filter(|row| row["plan"] == "SIGNED").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_coupon_is_good_in_the_dark_once_at_each_till_and_a_second_use_is_a_case() {
    let mut two = Two::new().await;
    two.tills.iter().for_each(|(_, cable, _)| cable.cut());
    let coupons = two.coupons.clone();
    two.used(0, &coupons[0]).await;
    two.refused(0, &coupons[0], "used (S1").await;
    // Not forgotten over a restart.
    let (till, _, api) = &mut two.tills[0];
    till.stop().unwrap();
    till.start().unwrap();
    *api = till.api_for(Person::ANNA).await.unwrap();
    two.refused(0, &coupons[0], "used (S1").await;
    // What no till can know in the dark.
    two.used(1, &coupons[0]).await;
    two.used(1, &coupons[1]).await;
    let (head, last) = coupons[2].split_at(coupons[2].len() - 20);
    let other = if last.starts_with('0') { '1' } else { '0' };
    let forged = format!("{head}{other}{}", &last[1..]);
    two.refused(1, &forged, "not genuine").await;
    two.refused(1, &coupons[2][..100], "not genuine").await;
    two.refused(1, "TSC1", "cannot be read").await;
    two.tills.iter().for_each(|(_, cable, _)| cable.mend());
    until("HQ has every use once", async || {
        let cases = two.at_hq(&["cases", "list"]).len();
        Ok((two.uses_at_hq() == 2 && cases == 1).then_some(()))
    })
    .await
    .unwrap();
    let cases = two.at_hq(&["cases", "list"]);
    assert_eq!(cases[0]["kind"], "coupon_used_twice", "{cases:?}");
    two.used(0, &coupons[2]).await;
    // With the next bundle every till knows what others took.
    until("HQ has the third", async || {
        Ok((two.uses_at_hq() == 3).then_some(()))
    })
    .await
    .unwrap();
    two.stage.publish();
    until("the next bundle", async || {
        let status = two.tills[1].2.get("/v1/status").await?;
        Ok((status["bundle"].as_u64() > Some(1)).then_some(()))
    })
    .await
    .unwrap();
    two.refused(1, &coupons[2], "used (S1").await;
    let worst = two.at_hq(&["coupon", "worst-case", "SIGNED"]);
    assert_eq!(
        (&worst[0]["decided"], &worst[0]["beyond"]),
        (&json!(3), &json!(3))
    );
}
