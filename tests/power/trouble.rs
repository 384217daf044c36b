//! A cashier over a failing disk: asks again with the same key, has the disk mended, starts the till again.
//!
//! Believes what is told and nothing else; in the end everything that was believed is looked up, by the
//! journal and by the card's own memory.

use crate::disk::Watch;
use crate::till::{Till, coupons, issue, pay, top_up};
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use tillside::purse::{Durable, NoTap, PurseDesk, TillError, Work};
use tillside_core::{Head, PurseStage, PurseTx, SaleId, Sealed};
use tillside_sim::SavedCard;
use tillside_store::StoreError;

/// Asking in vain so often, the cashier has the disk mended; once more, and the till is started again.
const MENDS_AFTER: u32 = 2;
const RESTARTS_AFTER: u32 = 3;
const GIVES_UP: u32 = 8;

/// A shop that was opened before the trouble begins.
pub struct Opened {
    pub database: Vec<u8>,
    card: SavedCard,
}

/// What the cashier believes.
#[derive(Default)]
pub struct Believed {
    pub completed: Vec<SaleId>,
    pub voided: Vec<SaleId>,
    /// Where the journal stood at each word, by the numbers on the tape.
    pub heads: Vec<Option<Head>>,
    pub begun: Vec<PurseTx>,
    /// How often something was asked in vain, and how often the till was started again for it.
    pub failures: u32,
    pub restarts: u32,
}

/// The cashier.
pub struct Cashier<'w> {
    till: Till,
    watch: &'w Watch,
    pub believed: Believed,
}

impl Opened {
    /// Opens a shop in a folder of its own.
    pub fn shop() -> Result<Self> {
        let folder = crate::judge::memory_folder()?;
        let file = folder.path().join("tillside.db");
        let mut till = Till::over(&file)?;
        till.start()?;
        till.enrol()?;
        till.adopt(1)?;
        let go_on = &mut |_| ControlFlow::Continue(());
        till.hold(PurseDesk::new_tx()?, Some(issue()?), go_on)?;
        till.hold(PurseDesk::new_tx()?, Some(top_up(1_000)?), go_on)?;
        till.stop();
        Ok(Self {
            database: std::fs::read(&file)?,
            card: till.card().context("the card was laid down")?,
        })
    }

    /// Puts the shop into a folder, with a cashier who was told nothing yet.
    pub fn cashier<'w>(&self, folder: &Path, watch: &'w Watch) -> Result<Cashier<'w>> {
        let file = folder.join("tillside.db");
        std::fs::write(&file, &self.database)?;
        let till = Till::over(&file)?;
        till.put_card(self.card.clone());
        Ok(Cashier {
            till,
            watch,
            believed: Believed::default(),
        })
    }
}

impl Cashier<'_> {
    /// The day. An error is a till that does not come round, or a refusal that is not true.
    pub fn day(&mut self) -> Result<()> {
        for number in 0..4 {
            let sale = self.sale(number)?;
            self.believed.completed.push(sale);
            if number == 3 {
                let before = self.believed.completed[number - 2];
                let key = self.till.key();
                self.ask("a void", |till| till.void(&key, before))?;
                self.believed.voided.push(before);
            }
            if number % 2 == 1 {
                self.ask("HQ's word", Till::confirmed)?;
            }
            // What is asked in a quiet moment nobody waits for, and nobody hears of it.
            let _ = self.till.rest();
            if number == 2 {
                self.till.stop();
            }
        }
        Ok(())
    }

    /// The day is over, and the disk is mended.
    pub fn close(&mut self) -> Result<()> {
        self.watch.plant(None);
        self.hold(None)?;
        self.till.stop();
        Ok(())
    }

    fn sale(&mut self, number: usize) -> Result<SaleId> {
        let keys: [_; 5] = std::array::from_fn(|_| self.till.key());
        let sale = self.ask("a new sale", |till| till.open(&keys[0]))?;
        self.ask("a line", |till| till.fill(&keys[1], sale))?;
        if number % 3 == 2 {
            self.pay(sale)?;
        } else {
            self.ask("a card", |till| till.customer(&keys[2], sale))?;
            if number % 3 == 1 {
                let coupon = &coupons()?[number];
                self.ask("a coupon", |till| till.coupon(&keys[3], sale, coupon))?;
            }
            self.ask("a checkout", |till| till.check_out(&keys[4], sale))?;
        }
        let state = self.ask("a look", |till| till.state(sale))?;
        ensure!(state == "completed", "sale {number} is {state}");
        Ok(sale)
    }

    /// Holds the card until the till says the sale is paid.
    fn pay(&mut self, sale: SaleId) -> Result<()> {
        for attempt in 0..GIVES_UP {
            if self.ask("a look", |till| till.state(sale))? == "completed" {
                return Ok(());
            }
            if attempt == MENDS_AFTER {
                self.watch.mend();
            }
            self.hold(Some(pay(sale)))?;
        }
        Err(anyhow!("the sale is never paid"))
    }

    /// Holds the card once it can be attended.
    fn hold(&mut self, work: Option<Work>) -> Result<()> {
        let txid = PurseDesk::new_tx()?;
        let mut begun = Vec::new();
        let held = self.ask("a card held", |till| {
            let tap = till.hold(txid, work.clone(), &mut |moment| {
                if moment == Durable::AfterIntent {
                    begun.push(txid);
                }
                ControlFlow::Continue(())
            });
            // A movement that was begun is not begun again under its name: the next look says how it is.
            match tap {
                Err(_) if !begun.is_empty() => Ok(()),
                tap => tap.map(drop),
            }
        });
        self.believed.begun.extend(begun);
        held
    }

    /// Asks until there is an answer.
    fn ask<T>(&mut self, what: &str, mut job: impl FnMut(&mut Till) -> Result<T>) -> Result<T> {
        let mut words = String::new();
        for attempt in 1..=GIVES_UP {
            let up = match self.till.is_up() {
                true => Ok(()),
                false => self.till.start(),
            };
            let failed = match up.and_then(|()| job(&mut self.till)) {
                Ok(answer) => {
                    self.told()?;
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            ensure!(
                is_trouble(&failed),
                "{what}, asked {attempt} times ({words}), is answered untruly: {failed:#}"
            );
            words = format!("{failed:#}");
            self.believed.failures += 1;
            if attempt == MENDS_AFTER {
                self.watch.mend();
            }
            if attempt >= RESTARTS_AFTER && self.till.is_up() {
                self.till.stop();
                self.believed.restarts += 1;
            }
        }
        Err(anyhow!("{what} never works again: {words}"))
    }

    fn told(&mut self) -> Result<()> {
        self.watch.mark(self.believed.heads.len());
        let head = self.till.desk()?.store().head();
        self.believed.heads.push(head);
        Ok(())
    }

    /// Looks everything up that was believed, in the till that was started once more. The journal.
    pub fn look_up(&mut self) -> Result<Vec<Sealed>> {
        self.till.start()?;
        let store = self.till.desk()?.store();
        store.verify()?;
        let journal = store.journal(0, 10_000)?;
        let mut times: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for record in &journal {
            let body: serde_json::Value = serde_json::from_str(&record.body)?;
            let event = &body["event"];
            let sale = event["sale"].as_str().unwrap_or_default().to_owned();
            match event["type"].as_str() {
                Some("sale_completed") => times.entry(sale).or_default().0 += 1,
                Some("sale_voided") => times.entry(sale).or_default().1 += 1,
                _ => {}
            }
        }
        let believed = &self.believed;
        let due: BTreeMap<String, (u32, u32)> = believed
            .completed
            .iter()
            .map(|sale| {
                (
                    sale.to_string(),
                    (1, u32::from(believed.voided.contains(sale))),
                )
            })
            .collect();
        ensure!(times == due, "believed {due:?}, recorded {times:?}");
        for head in believed.heads.iter().flatten().filter(|head| head.seq > 0) {
            ensure!(
                store.holds(head)?,
                "record {} is not as it was told",
                head.seq
            );
        }
        let rebuilt = store.rebuild()?;
        ensure!(rebuilt.differences.is_empty(), "{:?}", rebuilt.differences);
        self.card_and_journal_agree()?;
        self.till.stop();
        Ok(journal)
    }

    fn card_and_journal_agree(&mut self) -> Result<()> {
        let memory = self.till.memory()?.context("the card has a purse")?;
        memory.is_sound()?;
        let store = self.till.desk()?.store();
        for txid in &self.believed.begun {
            let row = store.purse(*txid)?;
            let stage = row.map(|row| row.state.stage);
            let due = match memory.times(*txid) {
                0 => PurseStage::NotDone,
                _ => PurseStage::Done,
            };
            ensure!(
                stage == Some(due),
                "{txid} is {due:?}, and the till says {stage:?}"
            );
        }
        Ok(())
    }
}

/// Whether a failure says that the disk is at fault, or that the till failed inside: not a decision.
fn is_trouble(error: &anyhow::Error) -> bool {
    let of_store = |error: &StoreError| {
        !matches!(
            error,
            StoreError::SaleRecorded { .. }
                | StoreError::PurseBegun { .. }
                | StoreError::CouponUsed { .. }
        )
    };
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return of_store(error);
    }
    match error.downcast_ref::<TillError>() {
        Some(TillError::Store(error)) => of_store(error),
        Some(error) => matches!(error, TillError::Failed),
        None => matches!(
            error.downcast_ref(),
            Some(NoTap::Refused(_) | NoTap::Reader(_))
        ),
    }
}
