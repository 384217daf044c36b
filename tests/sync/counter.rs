//! A real till without readers that sells, and takes accounts by the codes of members' phones; its line
//! goes through a cable that can be cut.

use crate::cable::Cable;
use crate::stage::Stage;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};
use tillside_core::*;
use tillside_tests::{Api, Person, Terminal, until};

const PHONE: [u8; 32] = [5; 32];
/// Ground coffee, 4.29.
pub const COFFEE: &str = "4012345010374";
/// Anna Lindqvist, of S1.
pub const MEMBER: &str = "900000001";

/// HQ, a till of S1, and a member's phone.
pub struct Counter {
    pub stage: Stage,
    pub till: Terminal,
    pub cable: Cable,
    certificate: DeviceCertificate,
    nonces: AtomicU8,
}

impl Counter {
    /// The sample chain with e-money; S1 is a top-up desk.
    pub async fn new() -> Self {
        Self::polling(1).await
    }

    /// The till asks HQ so often, beside when it has something to say.
    pub async fn polling(seconds: u32) -> Self {
        let stage = Stage::new();
        let run = |words: &[&str]| stage.hq.run(words).unwrap();
        run(&["emoney", "init", "--currency", "EUR", "--cap", "150.00"]);
        run(&["store", "desk", "S1", "--top-up"]);
        let device = CodeKey::of_secret(&PHONE).to_string();
        let enrol = [
            "phone",
            "enrol",
            "--member",
            MEMBER,
            "--device-key",
            &device,
        ];
        let certificate = run(&enrol).trim().parse().unwrap();
        run(&["publish"]);
        let cable = Cable::to(&stage.hq.address()).await;
        let mut till = Terminal::bare(&stage.folder.path().join("s1"), None);
        let code = stage.hq.invite("S1").unwrap();
        let words = ["enrol", "--hq", &cable.address(), "--lane", "1", &code];
        till.run(&words, None).unwrap();
        for Person {
            code,
            name,
            role,
            pin,
        } in [Person::ANNA, Person::MARA]
        {
            let words = [
                "people",
                "add",
                code,
                "--name",
                name,
                "--role",
                role,
                "--pin-stdin",
            ];
            till.run(&words, Some(&format!("{pin}\n"))).unwrap();
        }
        till.poll_every(seconds);
        till.start().unwrap();
        let counter = Self {
            stage,
            till,
            cable,
            certificate,
            nonces: AtomicU8::new(0),
        };
        counter.up(true).await;
        counter
    }

    pub async fn api(&self) -> Api {
        self.till.api_for(Person::ANNA).await.unwrap()
    }

    /// Waits until the till knows how its line is, and has a bundle.
    pub async fn up(&self, wanted: bool) {
        let api = self.till.api().unwrap();
        until("the line is as it should be", async || {
            let status = api.get("/v1/status").await?;
            let up = status["line"]["up"] == wanted;
            let bundle = status["bundle"].as_u64() > Some(0);
            Ok((up && bundle).then_some(()))
        })
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    }

    /// What the member's phone shows now.
    pub async fn phone(&self) -> String {
        let status = self.till.api().unwrap().get("/v1/status").await.unwrap();
        let sticker: TillSticker = status["sticker"].as_str().unwrap().parse().unwrap();
        let nonce = [self.nonces.fetch_add(1, Ordering::Relaxed); 8];
        let now = tillside_sync::wall_clock();
        let certificate = self.certificate.clone();
        let code = MemberCode::issue(&PHONE, certificate, &sticker, now, nonce);
        code.unwrap().to_string()
    }

    /// A sale of coffee for 4.29 to the member, who showed their phone.
    pub async fn sale(&self, api: &Api) -> String {
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let sale = format!("/v1/sales/{}", view["sale"].as_str().unwrap());
        for code in [COFFEE, &self.phone().await] {
            let scan = format!("{sale}/scan");
            let shown = api.post(&scan, json!({ "code": code })).await.unwrap();
            assert_ne!(shown["kind"], "unknown", "{shown}");
        }
        sale
    }

    /// What HQ has of the member's account, as its report says it.
    pub fn held(&self) -> String {
        let rows = self.stage.hq.json(&["report", "emoney"]).unwrap();
        let rows = rows.as_array().unwrap();
        let row = rows.iter().find(|row| {
            let name = row["name"].as_str().unwrap_or_default();
            name.starts_with("member:")
        });
        row.map_or_else(String::new, |row| row["held"].as_str().unwrap().to_owned())
    }

    /// HQ's ledger holds, and nobody has to look at anything.
    pub async fn settled(&self) {
        let api = self.till.api().unwrap();
        until("HQ has everything", async || {
            let status = api.get("/v1/status").await?;
            Ok((status["unconfirmed"] == 0).then_some(()))
        })
        .await
        .unwrap();
        let said = self.stage.hq.run(&["emoney", "check"]).unwrap();
        assert!(said.contains("holds"), "{said}");
        let cases = self.stage.hq.json(&["cases", "list"]).unwrap();
        assert_eq!(cases, json!([]));
    }
}

/// How the newest job ended, or that nobody knows.
pub async fn ended(api: &Api) -> Value {
    until("the job ends", async || {
        let job = api.get("/v1/jobs/current").await?;
        let live = job["stage"] == "waiting" || job["stage"] == "working";
        Ok((!live).then_some(job))
    })
    .await
    .unwrap()
}
