//! A till and its reader: what a cashier does there, and the program's death.

use super::place::Place;
use super::vault::ChainVault;
use super::{MEMBER, NOON, eur};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tillside::WallClock;
use tillside::purse::{
    Answer, Durable, LineRequest, NoTap, PurseDesk, Source, Tap, TillError, VoidRequest, Work,
    WriteKey,
};
use tillside_core::{Hash, PersonId, PurseStage, PurseTx, SaleId, TenderKind, TerminalId};
use tillside_sim::CardSpec;
use tillside_store::Store;

/// A till over its database, and the reader beside it.
pub struct Counter {
    desk: Option<PurseDesk>,
    file: PathBuf,
    terminal: TerminalId,
    /// The reader.
    pub reader: Place,
}

/// How a card in the reader came out, and which durable moments were passed on the way.
pub struct Ran {
    /// What came of it.
    pub end: Result<Tap, NoTap>,
    /// The moments, in order.
    pub moments: Vec<Durable>,
}

impl Counter {
    /// Starts the till of a database file, as the agent does.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn start(file: &Path, reader: Place) -> Result<Self> {
        let mut counter = Self {
            desk: None,
            file: file.to_owned(),
            terminal: TerminalId::new(Default::default()),
            reader,
        };
        counter.restart()?;
        let store = counter.desk()?.store();
        let profile = store.profile().context("the till is enrolled")?;
        counter.terminal = profile.terminal;
        Ok(counter)
    }

    /// The agent is gone, whatever it was doing, and starts again over what is on the disk.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn restart(&mut self) -> Result<()> {
        self.desk = None;
        let clock = WallClock::new(|| NOON);
        let store = Store::open(&self.file)?;
        self.desk = Some(PurseDesk::open(store, Arc::new(ChainVault), clock)?);
        Ok(())
    }

    /// The agent ends, and its database is closed.
    pub fn stop(&mut self) {
        self.desk = None;
    }

    /// Its database.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Which terminal it is.
    pub fn terminal(&self) -> TerminalId {
        self.terminal
    }

    /// The till itself.
    ///
    /// # Errors
    /// If it was stopped.
    pub fn desk(&mut self) -> Result<&mut PurseDesk> {
        self.desk.as_mut().context("the till was stopped")
    }

    /// The card that lies there is attended, for a job or for none; the agent dies at `dies`.
    ///
    /// # Errors
    /// If the till was stopped.
    pub fn attend(
        &mut self,
        txid: PurseTx,
        work: Option<Work>,
        dies: Option<Durable>,
    ) -> Result<Ran> {
        let mut moments = Vec::new();
        let end = self.attend_with(txid, work, &mut |moment| {
            moments.push(moment);
            match dies == Some(moment) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        Ok(Ran { end, moments })
    }

    /// The same; `hook` is called at every durable moment.
    ///
    /// # Errors
    /// If the till was stopped.
    pub fn attend_with(
        &mut self,
        txid: PurseTx,
        work: Option<Work>,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Result<Tap, NoTap>> {
        let desk = self.desk.as_mut().context("the till was stopped")?;
        let person = person()?;
        let end = self.reader.with_session(|session| match work {
            Some(work) => desk.run(session, &person, txid, work, hook),
            None => desk.tap(session, hook),
        });
        Ok(end.unwrap_or_else(|error| Err(error.into())))
    }

    /// A card is held for a moment, and nothing goes wrong.
    ///
    /// # Errors
    /// If nothing comes of it.
    pub fn hold(&mut self, card: &CardSpec, work: Option<Work>) -> Result<Tap> {
        self.reader.lift()?;
        self.reader.lay(card, None)?;
        let ran = self.attend(tx(), work, None)?;
        self.reader.lift()?;
        Ok(ran.end?)
    }

    /// A card is held for a moment, and the agent dies at `dies`, if at all, and starts again. The
    /// moments that were passed.
    ///
    /// # Errors
    /// If it ended in another way.
    pub fn hold_and_die(&mut self, card: &CardSpec, dies: Option<Durable>) -> Result<Vec<Durable>> {
        self.reader.lift()?;
        self.reader.lay(card, None)?;
        let ran = self.attend(tx(), None, dies)?;
        self.reader.lift()?;
        match (ran.end, dies) {
            (Ok(_), None) => {}
            (Err(NoTap::Ended(at)), Some(due)) if at == due => self.restart()?,
            (end, _) => anyhow::bail!("it was to die at {dies:?}, and {end:?}"),
        }
        Ok(ran.moments)
    }

    /// An open sale of so many cents.
    ///
    /// # Errors
    /// If the till refuses it.
    pub fn sale(&mut self, cents: i64) -> Result<SaleId> {
        let desk = self.desk()?.desk();
        let answer = desk.open_sale(&key(), person()?)?;
        let sale: Value = serde_json::from_str(&answer.body)?;
        let sale: SaleId = sale["sale"].as_str().context("a sale")?.parse()?;
        let line: LineRequest = serde_json::from_value(json!({"item": "sku:BREAD-1",
            "quantity": 1, "name": "Bread", "unit_price": eur(cents)?, "tax_class": "reduced"}))?;
        desk.put_lines(&key(), sale, vec![line])?;
        Ok(sale)
    }

    /// Tries to check a sale out for cash.
    ///
    /// # Errors
    /// If the till refuses it.
    pub fn check_out(&mut self, sale: SaleId) -> Result<Answer, TillError> {
        let cash = serde_json::from_value(json!([{"kind": "cash"}]));
        let (Ok(cash), Ok(person), Some(desk)) = (cash, person(), self.desk.as_mut()) else {
            return Err(TillError::Failed);
        };
        desk.desk().check_out(&key(), sale, person, cash)
    }

    /// `open`, `completed` or `voided`.
    ///
    /// # Errors
    /// If there is no such sale.
    pub fn state(&mut self, sale: SaleId) -> Result<String> {
        let view = serde_json::to_value(self.desk()?.desk().sale(sale)?)?;
        Ok(view["state"].as_str().context("a state")?.to_owned())
    }

    /// Whether there is a receipt for a sale.
    ///
    /// # Errors
    /// If the till was stopped.
    pub fn has_receipt(&mut self, sale: SaleId) -> Result<bool> {
        Ok(self.desk()?.desk().receipt(sale).is_ok())
    }

    /// How a movement stands here; none if it was never begun.
    ///
    /// # Errors
    /// If the database fails.
    pub fn stage(&mut self, txid: PurseTx) -> Result<Option<PurseStage>> {
        let row = self.desk()?.store().purse(txid)?;
        Ok(row.map(|row| row.state.stage))
    }

    /// Movements that somebody has to look after.
    ///
    /// # Errors
    /// If the database fails.
    pub fn open_purses(&mut self) -> Result<usize> {
        Ok(self.desk()?.desk().open_purses()?.len())
    }

    /// The types of its facts, in order.
    ///
    /// # Errors
    /// If the database fails.
    pub fn facts(&mut self) -> Result<Vec<String>> {
        let records = self.desk()?.store().journal(0, 10_000)?;
        let kind = |sealed: &tillside_core::Sealed| -> Result<String> {
            let record: Value = serde_json::from_str(&sealed.body)?;
            let kind = record["event"]["type"].as_str();
            Ok(kind.context("a type")?.to_owned())
        };
        records.iter().map(kind).collect()
    }
}

/// Whoever is signed in.
fn person() -> Result<PersonId> {
    Ok("anna".parse()?)
}

/// A movement's id that nobody else has.
pub(super) fn tx() -> PurseTx {
    PurseTx::new((next() | 0xA000_0000_0000_0000).to_be_bytes())
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn key() -> WriteKey {
    let number = next();
    WriteKey {
        key: format!("k{number}"),
        request: Hash::of(&number.to_le_bytes()),
    }
}

/// Pays what is left of a sale from the card.
pub fn pay(sale: SaleId) -> Work {
    Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Card,
    }
}

/// Puts money on the card.
///
/// # Errors
/// Past what money can be.
pub fn top_up(cents: i64) -> Result<Work> {
    Ok(Work::TopUp {
        amount: eur(cents)?,
        tender: TenderKind::Cash,
        to: Source::Card,
    })
}

/// Takes a sale back, and gives its card the money.
///
/// # Errors
/// Never in practice.
pub fn void(sale: SaleId) -> Result<Work> {
    Ok(Work::Void {
        sale,
        request: VoidRequest {
            cashier: person()?,
            approved_by: "mara".parse()?,
            reason: "Wrong size.".to_owned(),
        },
    })
}

/// Makes the card the member's.
///
/// # Errors
/// Never in practice.
pub fn issue() -> Result<Work> {
    Ok(Work::Issue {
        member: MEMBER.parse()?,
        replaces: None,
    })
}
