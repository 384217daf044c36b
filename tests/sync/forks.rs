//! A till whose disk was restored from a backup or copied, against the real HQ: what was sold arrives once,
//! a person is asked, and everybody goes on.

use crate::cable::Cable;
use crate::counter::COFFEE;
use crate::quotas::till;
use crate::stage::Stage;
use serde_json::{Value, json};
use std::path::Path;
use tillside_tests::{Api, Person, Terminal, until};

const CARD: &str = "uid:04A1B2C3D4E5F6";

/// Sells a coffee to the member; what she earned.
async fn sell(api: &Api) -> i64 {
    let view = api.post("/v1/sales", json!({})).await.unwrap();
    let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
    let scan = format!("{sale}/scan");
    api.post(&scan, json!({"code": COFFEE})).await.unwrap();
    let customer = json!({"card": CARD});
    api.put(&format!("{sale}/customer"), customer)
        .await
        .unwrap();
    let cash = json!({"tenders": [{"kind": "cash"}]});
    let done = api.post(&format!("{sale}/checkout"), cash).await.unwrap();
    done["sale"]["points"].as_i64().unwrap()
}

pub async fn sell_many(api: &Api, count: usize) -> i64 {
    let mut earned = 0;
    for _ in 0..count {
        earned += sell(api).await;
    }
    earned
}

pub fn at_hq(stage: &Stage, words: &[&str]) -> Value {
    stage.hq.json(words).unwrap()
}

pub fn sales(stage: &Stage) -> u64 {
    let counts = at_hq(stage, &["report", "records"]);
    let mut rows = counts.as_array().unwrap().iter();
    let row = rows.find(|row| row["what"] == "sales").unwrap();
    row["count"].as_u64().unwrap()
}

fn cases(stage: &Stage) -> Vec<String> {
    let cases = at_hq(stage, &["cases", "list"]);
    let kinds = cases.as_array().unwrap().iter();
    kinds
        .map(|case| case["kind"].as_str().unwrap().to_owned())
        .collect()
}

pub async fn all_there(stage: &Stage, api: &Api, count: u64) {
    until("HQ has every sale, and the till knows it", async || {
        let left = api.get("/v1/status").await?["unconfirmed"].as_u64();
        Ok((sales(stage) == count && left == Some(0)).then_some(()))
    })
    .await
    .unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

pub async fn anna(till: &mut Terminal) -> Api {
    till.start().unwrap();
    till.api_for(Person::ANNA).await.unwrap()
}

/// HQ, and a till with a bundle that has sold two coffees.
async fn shop() -> (Stage, Terminal, Cable, Api, i64) {
    let stage = Stage::published();
    let (till, cable, api) = till(&stage, "1").await;
    until("a bundle", async || {
        let status = api.get("/v1/status").await?;
        Ok((status["bundle"].as_u64() > Some(0)).then_some(()))
    })
    .await
    .unwrap();
    let earned = sell_many(&api, 2).await;
    all_there(&stage, &api, 2).await;
    (stage, till, cable, api, earned)
}

fn points(stage: &Stage) -> i64 {
    let member = at_hq(stage, &["report", "balances"]);
    let rows = member.as_array().unwrap().iter();
    let of = |row: &&Value| row["number"] == "900000001";
    rows.clone().find(of).unwrap()["points"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_restored_from_a_backup_loses_and_doubles_nothing_that_is_anywhere() {
    let (stage, mut till, cable, api, mut earned) = shop().await;
    let opening = points(&stage) - earned;
    till.stop().unwrap();
    let backup = stage.folder.path().join("backup");
    copy(till.folder(), &backup);
    let api_after = anna(&mut till).await;
    drop(api);
    earned += sell_many(&api_after, 2).await;
    all_there(&stage, &api_after, 4).await;

    // The disk fails, the backup comes back, and the line is down.
    till.kill().unwrap();
    cable.cut();
    std::fs::remove_dir_all(till.folder()).unwrap();
    copy(&backup, till.folder());
    let api = anna(&mut till).await;
    earned += sell_many(&api, 3).await;
    cable.mend();
    all_there(&stage, &api, 7).await;
    assert_eq!(cases(&stage), ["two_histories"]);
    earned += sell(&api).await;
    all_there(&stage, &api, 8).await;
    assert_eq!(points(&stage), opening + earned);
    let list = at_hq(&stage, &["terminal", "list"]);
    assert_eq!(list[0]["epoch"], "2", "{list}");
    let problems = api.get("/v1/status").await.unwrap()["problems"].to_string();
    assert!(!problems.contains("history_differs"), "{problems}");
    let said = till.run_alone(&["journal", "verify"]).unwrap();
    assert!(said.contains("of epoch 2"), "{said}");
    let replayed = stage.hq.run(&["replay"]).unwrap();
    assert!(replayed.contains("8"), "{replayed}");
    assert_eq!(cases(&stage), ["two_histories"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_till_goes_on_beside_the_first_and_somebody_is_asked() {
    let (stage, mut till, _cable, api, mut earned) = shop().await;
    let opening = points(&stage) - earned;
    till.stop().unwrap();
    drop(api);
    let folder = stage.folder.path().join("copy");
    copy(till.folder(), &folder);
    let mut copied = Terminal::bare(&folder, None);
    let (first, second) = (anna(&mut till).await, anna(&mut copied).await);
    for round in 1..=3 {
        earned += sell(&first).await + sell(&second).await;
        all_there(&stage, &first, 2 + 2 * round).await;
        all_there(&stage, &second, 2 + 2 * round).await;
    }
    assert_eq!(points(&stage), opening + earned);
    assert_eq!(cases(&stage), ["two_histories", "two_terminals"]);
    // One of the two is told, whichever went on in the first epoch.
    until("a person at a till is told", async || {
        let mut told = 0;
        for api in [&first, &second] {
            let status = api.get("/v1/status").await?;
            let words = status["problems"].to_string();
            told += usize::from(words.contains("Call HQ before you go on"));
        }
        Ok((told == 1).then_some(()))
    })
    .await
    .unwrap();
}
