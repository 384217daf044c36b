//! A counter where cards are issued, topped up and pay: an agent that is enrolled, with the chain's
//! e-money in force and its keys in a development vault, and a simulated reader. There is no HQ: cards
//! work while the line is down.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tillside_core::engine::Document;
use tillside_core::{Bundle, TerminalProfile, Timestamp};
use tillside_keys::{KeyPackage, KeyRole};
use tillside_sim::{Fault, FaultSetting};
use tillside_store::Store;
use tillside_tests::{Api, Person, Reader, Terminal, until};

/// A member's card before it is issued, and its end as people read it.
pub const CARD: (&str, &str) = ("desfire-ev3:04F1A2B3C4D5E6", "D5E6");
/// A card that only says a number.
pub const STICKER: &str = "ntag215:04A1B2C3D4E5F6";
/// Ground coffee, 4.29.
pub const COFFEE: &str = "4006381333931";
const MEMBER: &str = "01940000-0000-7000-8000-0000000000aa";
const DORA: &str = "01940000-0000-7000-8000-0000000000bb";
const TERMINAL: &str = "01940000-0000-7000-8000-000000000001";
/// The service looks for cards every 0.4 s.
const LOOKS: Duration = Duration::from_millis(600);
/// What commits a card's transaction (card layout): in `90 C7 …` and at the front of a native frame.
const COMMIT: u8 = 0xC7;

/// The counter; dropping it ends every program on it.
pub struct Counter {
    pub till: Terminal,
    pub reader: Reader,
    // Last, so that it goes when every program has ended.
    pub folder: TempDir,
}

impl Counter {
    /// Everything in place; the agent does not run yet.
    pub fn set() -> Result<Self> {
        tillside_tests::prepare();
        let folder = tempfile::tempdir()?;
        let reader = Reader::start(folder.path(), "reader")?;
        let data = folder.path().join("till");
        enrolled(&data)?;
        let till = Terminal::bare(&data, Some(reader.socket()));
        for person in [Person::ANNA, Person::MARA] {
            let Person {
                code,
                name,
                role,
                pin,
            } = person;
            let words = ["people", "add", code, "--name", name, "--role", role];
            let words: Vec<&str> = words.into_iter().chain(["--pin-stdin"]).collect();
            till.run(&words, Some(&format!("{pin}\n")))?;
        }
        keys(&till, folder.path())?;
        Ok(Self {
            till,
            reader,
            folder,
        })
    }

    /// Starts the agent; its API once it has a reader and its keys.
    pub async fn start(&mut self) -> Result<Api> {
        self.till.start()?;
        self.ready().await
    }

    /// The API of the running agent, once it has a reader and its keys.
    pub async fn ready(&self) -> Result<Api> {
        until("the till has its reader and its keys", async || {
            let Ok(api) = self.till.api() else {
                return Ok(None);
            };
            let Ok(status) = api.get("/v1/status").await else {
                return Ok(None);
            };
            let ready = status["readers"][0]["ready"] == true && status["emoney"]["on"] == true;
            Ok(ready.then_some(api))
        })
        .await
    }

    /// Issues the card to Clara, as a manager does, and takes it away.
    pub async fn issue(&self) -> Result<()> {
        let api = self.till.api_for(Person::MARA).await?;
        api.post("/v1/cards/issue", json!({"member": MEMBER}))
            .await?;
        self.tap(CARD.0)?;
        let job = ended(&api).await?;
        ensure!(job["stage"] == "done", "the card was not issued: {job}");
        self.away()
    }

    /// Puts money on the card that lies there or comes.
    pub async fn top_up(&self, minor: i64) -> Result<()> {
        let api = self.till.api_for(Person::MARA).await?;
        let body = json!({"amount": eur(minor), "tender": "cash"});
        api.post("/v1/purses/top-up", body).await?;
        self.tap(CARD.0)?;
        let job = ended(&api).await?;
        ensure!(job["stage"] == "done", "nothing was put on: {job}");
        self.away()
    }

    /// HQ lets a lost card's balance go to another one, from today on: the agent is started anew with it.
    pub async fn release(&mut self, lost: &str, to: &str, minor: i64) -> Result<Api> {
        self.till.kill()?;
        {
            let mut store = Store::open(&self.till.folder().join("tillside.db"))?;
            let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let now = store.now(Timestamp(i64::try_from(since.as_millis())?));
            let mut bundle = bundle()?;
            bundle.version += 1;
            let sheet = bundle.purse.as_mut().context("the chain has e-money")?;
            sheet.carry_overs = of(json!([{"from": lost, "to": to, "amount": eur(minor),
                "from_day": now.date.to_string()}]))?;
            store.adopt(&bundle, now)?;
        }
        self.start().await
    }

    /// Lays a card on the reader.
    pub fn tap(&self, card: &str) -> Result<()> {
        self.reader.hands.tap(1, card, true)?;
        Ok(())
    }

    /// Takes it away.
    pub fn away(&self) -> Result<()> {
        self.reader.hands.remove(1)?;
        // A card that is changed faster than the service looks is the same one to it.
        std::thread::sleep(LOOKS);
        Ok(())
    }

    /// After how many commands of the last payment its commit came, the payment being the newest thing
    /// that was done: counted from the first command of that tap, `from` being those before it.
    pub fn commit_at(&self, from: usize) -> Result<u32> {
        let exchanges = self.reader.hands.exchanges(1)?;
        let new = exchanges.iter().skip(from);
        let place = new
            .map(|exchange| serde_json::to_value(exchange).unwrap_or_default())
            .position(|exchange| commits(&exchange));
        let place = place.context("the payment was committed")?;
        Ok(u32::try_from(place)? + 1)
    }

    /// How many commands the reader has seen.
    pub fn commands(&self) -> Result<usize> {
        Ok(self.reader.hands.exchanges(1)?.len())
    }

    /// The card leaves at the `apdu`-th command from now: before it works on it, or after, its answer
    /// unheard.
    pub fn tear_at(&self, apdu: u32, after: bool) -> Result<()> {
        let fault = match after {
            true => Fault::LoseAnswer { apdu },
            false => Fault::RemoveAt { apdu },
        };
        self.reader
            .hands
            .set_fault(1, Some(FaultSetting::from(fault)))?;
        Ok(())
    }
}

/// How the newest job ended.
pub async fn ended(api: &Api) -> Result<Value> {
    until("the job with the card ends", async || {
        let job = api.get("/v1/jobs/current").await?;
        let live = job["stage"] == "waiting" || job["stage"] == "working";
        Ok((!live).then_some(job))
    })
    .await
}

/// An amount in euros.
pub fn eur(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

fn commits(exchange: &Value) -> bool {
    let sent = exchange["command"].as_str().unwrap_or_default();
    let bytes: String = sent.chars().filter(char::is_ascii_hexdigit).collect();
    let byte = |at: usize| u8::from_str_radix(bytes.get(at * 2..at * 2 + 2)?, 16).ok();
    byte(0) == Some(COMMIT) || (byte(0) == Some(0x90) && byte(1) == Some(COMMIT))
}

/// A data folder as enrolment and the first bundle leave it.
fn enrolled(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data)?;
    let mut store = Store::open(&data.join("tillside.db"))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = store.now(Timestamp(i64::try_from(since.as_millis())?));
    let bundle = bundle()?;
    store.enrol(&TerminalProfile {
        terminal: TERMINAL.parse()?,
        lane: "1".parse()?,
        profile: bundle.profile.clone(),
        epoch: 1,
        coupon_holder: false,
    })?;
    store.adopt(&bundle, now)?;
    Ok(())
}

/// What HQ published: a top-up desk that issues cards.
fn bundle() -> Result<Bundle> {
    Ok(Bundle {
        version: 7,
        profile: of(json!({"store": "S1", "name": "Corner Shop Lindenplatz",
            "time_zone": "Europe/Berlin", "currency": "EUR"}))?,
        rules: Document::read(&serde_json::to_vec(
            &json!({"v": 1, "plans": [], "rules": [{"rule": "base", "funder": "chain",
            "name": "Points on every purchase",
            "effect": {"kind": "points_per_amount", "points": 1, "per": eur(100)}}]}),
        )?)?,
        products: of(
            json!([{"item": "gtin:04006381333931", "name": "Ground coffee, mild 250 g",
            "unit_price": eur(429), "category": "coffee", "tax_class": "reduced"}]),
        )?,
        members: of(json!({"as_of": 0, "included": {}, "members": [{
            "member": MEMBER, "display_name": "Clara Weiss",
            "tier": "gold", "points": 1240, "cards": []}, {
            "member": DORA, "display_name": "Dora Weissenfels",
            "tier": "basic", "points": 12, "cards": ["code:900000017"]}]}))?,
        coupons: of(json!({"holder": TERMINAL, "numbers": [], "revoked": [], "elsewhere": []}))?,
        purse: Some(of(json!({
            "scheme": {"application": "F54C01", "system": "tillside-test", "currency": "EUR",
                "cap": eur(15_000), "key_version": 1, "log_entries": 10, "card_days": 730,
                "replacement_wait_hours": 72},
            "desk": {"top_up": true, "issue": true},
            "blocked": {"as_of": null, "filter": "", "cards": []}}))?),
        member_codes: None,
        allowance_keys: Vec::new(),
    })
}

fn of<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// Every key of the chain in the till's development vault.
fn keys(till: &Terminal, folder: &Path) -> Result<()> {
    let mut package = KeyPackage::new();
    for (at, role) in (1u8..).zip(KeyRole::ALL) {
        package.add(role, 1, [at; 16])?;
    }
    let file = folder.join("keys.json");
    std::fs::write(&file, package.to_json()?.as_bytes())?;
    till.run(&["vault", "init"], None)?;
    till.run(&["vault", "import", &file.to_string_lossy()], None)?;
    Ok(())
}
