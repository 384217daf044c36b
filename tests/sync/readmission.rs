//! A till that HQ no longer lets in, because its certificate ended in the dark or because HQ forgot it: it gets a
//! new certificate, and what it sold arrives.

use crate::forks::{all_there, anna, at_hq, sales, sell_many};
use crate::quotas::{till, till_by};
use crate::stage::Stage;
use serde_json::Value;
use std::time::Duration;
use tillside_tests::{Api, until};

async fn has_problem(api: &Api, words: &str) {
    until(&format!("the till says {words}"), async || {
        let problems = api.get("/v1/status").await?["problems"].to_string();
        Ok(problems.contains(words).then_some(()))
    })
    .await
    .unwrap();
}

async fn has_bundle(api: &Api) {
    until("a bundle", async || {
        let status = api.get("/v1/status").await?;
        Ok((status["bundle"].as_u64() > Some(0)).then_some(()))
    })
    .await
    .unwrap();
}

fn code(stage: &Stage, words: &[&str]) -> String {
    let invite = ["terminal", "invite", "--store", "S1"];
    let said = stage.hq.run(&[&invite[..], words].concat()).unwrap();
    said.lines().last().unwrap().trim().to_owned()
}

fn terminals(stage: &Stage) -> Vec<Value> {
    let list = at_hq(stage, &["terminal", "list"]);
    list.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_whose_certificate_ended_in_the_dark_gets_another_and_loses_nothing() {
    let stage = Stage::published();
    let short = code(&stage, &["--certificate-seconds", "20"]);
    let (mut till, cable, api) = till_by(&stage, "1", &short).await;
    has_bundle(&api).await;
    sell_many(&api, 2).await;
    all_there(&stage, &api, 2).await;
    cable.cut();
    sell_many(&api, 2).await;
    tokio::time::sleep(Duration::from_secs(21)).await;
    cable.mend();
    has_problem(&api, "certificate ended on").await;
    sell_many(&api, 1).await;
    till.stop().unwrap();
    let terminal = terminals(&stage)[0]["terminal"]
        .as_str()
        .unwrap()
        .to_owned();

    let hq = cable.address();
    let renew = |code: &str| till.run(&["enrol", "--hq", &hq, "--renew", code], None);
    // A code for a new till does not end this one's journal, and stays good.
    let fresh = code(&stage, &[]);
    let refused = format!("{:#}", renew(&fresh).unwrap_err());
    let words = format!("terminal invite --store STORE --terminal {terminal}");
    assert!(refused.contains(&words), "{refused}");
    let said = renew(&code(&stage, &["--terminal", &terminal])).unwrap();
    assert!(said.contains("3 facts wait for HQ"), "{said}");

    let api = anna(&mut till).await;
    all_there(&stage, &api, 5).await;
    assert_eq!(terminals(&stage).len(), 1);
    let (_other, _, api) = till_by(&stage, "2", &fresh).await;
    has_bundle(&api).await;
    assert_eq!(terminals(&stage).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_hq_forgot_comes_back_with_all_it_ever_sold() {
    let mut stage = Stage::published();
    stage.hq.stop().unwrap();
    let books = stage.hq.folder().join("hq.db");
    let backup = std::fs::read(&books).unwrap();
    stage.hq.start().unwrap();
    let (mut till, cable, api) = till(&stage, "1").await;
    has_bundle(&api).await;
    sell_many(&api, 3).await;
    all_there(&stage, &api, 3).await;
    let terminal = terminals(&stage)[0]["terminal"]
        .as_str()
        .unwrap()
        .to_owned();

    // HQ's database of before the till was enrolled is put back.
    stage.hq.stop().unwrap();
    std::fs::write(&books, backup).unwrap();
    for log in ["hq.db-wal", "hq.db-shm"] {
        let _ = std::fs::remove_file(stage.hq.folder().join(log));
    }
    stage.hq.start().unwrap();
    assert_eq!((terminals(&stage).len(), sales(&stage)), (0, 0));
    sell_many(&api, 1).await;
    has_problem(&api, "enrol --renew").await;
    till.stop().unwrap();
    let again = code(&stage, &["--terminal", &terminal]);
    let words = ["enrol", "--hq", &cable.address(), "--renew", &again];
    till.run(&words, None).unwrap();
    let api = anna(&mut till).await;
    all_there(&stage, &api, 4).await;
    assert_eq!(terminals(&stage)[0]["terminal"], terminal.as_str());
    let replayed = stage.hq.run(&["replay"]).unwrap();
    assert!(replayed.contains('4'), "{replayed}");
}
