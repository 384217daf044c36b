//! A till whose reader is a PN532 at a port of its own (libnfc): scanned, paid, torn, held by another
//! program, unplugged.

use crate::shop::{CARD, CARD_IDENTITY, Shop, ended, problem};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tillside_sim::{Fault, FaultSetting, ReaderModel, SimConfig, Simulator};
use tillside_tests::{Listening, Person, Terminal, until};

/// A PN532 on a cable that can be pulled: what the till is told is the name of the plug.
struct Plug {
    name: PathBuf,
    sim: Option<Simulator>,
}

impl Plug {
    fn at(name: PathBuf) -> Self {
        let mut plug = Self { name, sim: None };
        plug.plug_in();
        plug
    }

    fn plug_in(&mut self) {
        let config = SimConfig {
            readers: vec![ReaderModel::Pn532],
            socket: None,
        };
        let sim = Simulator::start(&config).unwrap();
        let port = sim.reader(1).unwrap().name;
        let port = port.split_once(':').unwrap().1;
        std::os::unix::fs::symlink(port, &self.name).unwrap();
        self.sim = Some(sim);
    }

    fn pull(&mut self) {
        std::fs::remove_file(&self.name).unwrap();
        self.sim = None;
    }

    fn sim(&self) -> &Simulator {
        self.sim.as_ref().unwrap()
    }

    fn hold(&self, card: Option<&str>) {
        match card {
            Some(card) => self.sim().tap(1, &card.parse().unwrap()).unwrap(),
            None => drop(self.sim().remove(1).unwrap()),
        }
    }

    fn connection(&self) -> String {
        format!("pn532_uart:{}", self.name.display())
    }
}

fn shop() -> (Shop, Plug) {
    let mut shop = Shop::open(None);
    let plug = Plug::at(shop.place("ttyCARDS"));
    shop.till.start_with(&["--libnfc", &plug.connection()]);
    shop.till.start().unwrap();
    (shop, plug)
}

fn has_reader(status: &Value) -> bool {
    status["readers"][0]["ready"] == true
}

#[tokio::test]
async fn a_member_is_scanned_and_a_card_pays_and_is_torn_and_found_again() {
    let (shop, plug) = shop();
    let ready = |status: &Value| has_reader(status) && status["emoney"]["on"] == true;
    shop.status("the till has its reader and its keys", ready)
        .await;
    let anna = shop.api(Person::ANNA).await;
    let mut events = Listening::to(&anna).await.unwrap();
    plug.hold(Some("anna"));
    let heard = events.next("card").await.unwrap();
    assert_eq!(heard.data["card"], "uid:04A1B2C3D4E5F6", "{heard:?}");
    let sale = shop.sale(&anna).await;
    let customer = json!({"card": heard.data["card"]});
    let view = anna
        .put(&format!("{sale}/customer"), customer)
        .await
        .unwrap();
    assert!(view["customer"]["member"]["points"].is_i64(), "{view}");
    plug.hold(None);

    let hold = |lies: bool| plug.hold(lies.then_some(CARD));
    shop.issue_and_charge(hold).await;
    let pay = format!("{sale}/purse");
    let due = view["total"]["minor"].as_i64();
    let job = shop.job(&anna, &pay, json!({}), || hold(true)).await;
    assert_eq!(
        (&job["stage"], &job["completed"]),
        (&json!("done"), &json!(true)),
        "{job}"
    );
    hold(false);
    let left = job["balance"]["minor"].as_i64().unwrap();
    assert!(due.is_none_or(|due| left == 2_000 - due), "{due:?} {job}");

    torn(&shop, &plug, left, true).await;
    torn(&shop, &plug, left - 429, false).await;
}

/// The card goes in the middle of the commit; the same card says what it did.
async fn torn(shop: &Shop, plug: &Plug, before: i64, after: bool) {
    let anna = shop.api(Person::ANNA).await;
    let sale = shop.sale(&anna).await;
    let fault = Fault::TearWrite { apdu: 1, after };
    let setting = FaultSetting { fault, once: true };
    plug.sim().set_fault(1, Some(setting)).unwrap();
    let hold = || plug.hold(Some(CARD));
    let job = shop
        .job(&anna, &format!("{sale}/purse"), json!({}), hold)
        .await;
    assert_eq!(job["stage"], "unknown", "{job}");
    plug.sim().set_fault(1, None).unwrap();
    let view = anna.get(&sale).await.unwrap();
    assert_eq!(view["state"], "open");
    plug.hold(Some(CARD));
    let path = format!("/v1/purses/{}", job["txid"].as_str().unwrap());
    let seen = until("the card says what it did", async || {
        let seen = anna.get(&path).await?;
        Ok((seen["stage"] != "unknown").then_some(seen))
    });
    let seen = seen.await.unwrap();
    let state = |view: &Value| view["state"].clone();
    let now = state(&anna.get(&sale).await.unwrap());
    match after {
        true => assert_eq!((&seen["stage"], now), (&json!("done"), json!("completed"))),
        false => assert_eq!((&seen["stage"], now), (&json!("not_done"), json!("open"))),
    }
    anna.post("/v1/cards/read", json!({})).await.unwrap();
    let read = ended(&anna).await.unwrap();
    let due = before - if after { 429 } else { 0 };
    assert_eq!(read["balance"]["minor"], due, "{read}");
    plug.hold(None);
}

#[tokio::test]
async fn a_second_till_is_told_who_has_the_port_and_gets_it_when_it_is_free() {
    let (mut shop, plug) = shop();
    shop.status("the first till has the reader", has_reader)
        .await;
    let none = shop.place("no-pcscd");
    let mut second = Terminal::bare(&shop.place("second"), Some(Path::new(&none)));
    second.start_with(&["--libnfc", &plug.connection()]);
    second.start().unwrap();
    let status = async |wanted: &dyn Fn(&Value) -> bool| {
        let seen = until("the second till says so", async || {
            let status = second.api()?.get("/v1/status").await?;
            Ok(wanted(&status).then_some(status))
        });
        seen.await.unwrap()
    };
    let held = status(&|status| problem(status, "reader_in_use").is_some()).await;
    let said = problem(&held, "reader_in_use").unwrap();
    assert!(
        said.contains("Another program on this computer uses the card reader"),
        "{said}"
    );
    assert_eq!(held["readers"][0]["ready"], false, "{held}");
    assert_eq!(problem(&held, "no_reader"), None);
    shop.status("the first till keeps it", has_reader).await;
    shop.till.stop().unwrap();
    let free = status(&has_reader).await;
    assert_eq!(problem(&free, "reader_in_use"), None, "{free}");
}

#[tokio::test]
async fn a_pulled_plug_is_said_the_till_sells_and_the_reader_comes_back() {
    let (shop, mut plug) = shop();
    let anna = shop.api(Person::ANNA).await;
    for _ in 0..2 {
        shop.status("the till has its reader", has_reader).await;
        plug.pull();
        let gone = |status: &Value| status["readers"].as_array().is_some_and(Vec::is_empty);
        shop.status("the reader is gone", gone).await;
        shop.sells_for_cash().await;
        plug.plug_in();
        shop.status("the reader is back", has_reader).await;
        let mut events = Listening::to(&anna).await.unwrap();
        plug.hold(Some(CARD));
        let heard = events.next("card").await.unwrap();
        assert_eq!(heard.data["card"], CARD_IDENTITY, "{heard:?}");
        plug.hold(None);
    }
}
