//! One cell, played and judged. The card's memory is the oracle.

use super::death::die;
use super::{Cell, Fate, Operation, Outcome, Setting};
use crate::purse::{Bench, CardMemory, Chain, pay};
use anyhow::{Context, Result, ensure};
use tillside::purse::{Durable, JobEnd, NoTap};
use tillside_core::{PurseStage, PurseTx};

/// What a till that is not ours does behind a cell's back: faults that the judge has to find.
pub type Plant<'p> = &'p dyn Fn(&mut Chain, PurseTx, &Setting) -> Result<()>;

/// What a cell is played with.
pub struct Player<'p> {
    /// The operation.
    pub setting: &'p Setting,
    /// The readers.
    pub bench: Bench,
    /// What goes wrong besides.
    pub plant: Option<Plant<'p>>,
}

/// How a cell came out, and the moments that were passed.
pub struct Played {
    /// How it came out.
    pub outcome: Outcome,
    /// The moments of the torn tap.
    pub moments: Vec<Durable>,
    /// Those that were passed when the card was back at the same till.
    pub back: Vec<Durable>,
}

impl<'p> Player<'p> {
    /// On readers of this process.
    pub fn in_process(setting: &'p Setting) -> Self {
        Self {
            setting,
            bench: Bench::Direct,
            plant: None,
        }
    }

    /// Plays a cell. An error is money made, lost or taken twice, or a word that is not true.
    pub fn play(&self, cell: &Cell) -> Result<Played> {
        let mut chain = self.setting.scene.play(&self.bench)?;
        let (txid, card) = (chain.tx(), chain.card.clone());
        let (here, _) = cell.operation.tills(&mut chain);
        here.reader.lay(&card, Some(cell.fault))?;
        let ran = match (cell.dies, here.reader.on_service()) {
            (Some(dies), Some(_)) => die(here, self.setting, txid, dies)?,
            _ => here.attend(txid, self.setting.work()?, cell.dies)?,
        };
        here.reader.lift()?;
        if let Some(dies) = cell.dies {
            let ended = matches!(ran.end, Err(NoTap::Ended(at)) if at == dies);
            ensure!(ended, "it was to end at {dies:?}, and {:?}", ran.end);
            here.restart()?;
        }
        if let Some(plant) = self.plant {
            plant(&mut chain, txid, self.setting)?;
        }
        let mut back = Vec::new();
        let outcome = match cell.operation {
            Operation::Identify => self.identified(&mut chain, cell)?,
            Operation::Issue => self.issued(&mut chain, cell)?,
            _ => self.moved(&mut chain, cell, txid, &mut back)?,
        };
        Ok(Played {
            outcome,
            moments: ran.moments,
            back,
        })
    }

    /// What the card says of the movement: whether it happened. Everything on it must be sound.
    fn happened(&self, memory: &CardMemory, txid: PurseTx) -> Result<bool> {
        memory.is_sound()?;
        let times = memory.times(txid);
        let before = self.setting.before.context("the card held something")?;
        let due = before + self.setting.change * i64::try_from(times)?;
        ensure!(memory.balance == due, "{memory:?}, and {due} is due");
        Ok(times == 1)
    }

    fn moved(
        &self,
        chain: &mut Chain,
        cell: &Cell,
        txid: PurseTx,
        back: &mut Vec<Durable>,
    ) -> Result<Outcome> {
        let happened = self.happened(&chain.purse()?, txid)?;
        let stage = self.told_at_once(chain, cell, txid, happened)?;
        if !matches!(cell.fate, Fate::ThereFirst | Fate::Around) {
            self.hq_while(chain, txid, stage)?;
        }
        let unknown = stage == Some(PurseStage::Unknown);
        match cell.fate {
            Fate::Here => *back = self.back_here(chain, cell, txid, happened)?,
            Fate::There | Fate::ThereFirst | Fate::Around => {
                self.back_there(chain, cell, txid, happened)?
            }
            Fate::Never => {
                let doubtful = chain.hq.in_doubt_later()?;
                let due: Vec<PurseTx> = unknown.then_some(txid).into_iter().collect();
                ensure!(doubtful == due, "in doubt are {doubtful:?}");
                self.books(chain, unknown)?;
            }
        }
        Ok(match (stage, cell.fate, happened) {
            (None, ..) => Outcome::NotBegun,
            (Some(PurseStage::Done), ..) => Outcome::Done,
            (Some(PurseStage::NotDone), ..) => Outcome::NotDone,
            (_, Fate::Never, _) => Outcome::InDoubt,
            (_, _, true) => Outcome::FoundDone,
            (_, _, false) => Outcome::FoundNotDone,
        })
    }

    /// What the till says before anybody saw the card again: never more than what is so.
    fn told_at_once(
        &self,
        chain: &mut Chain,
        cell: &Cell,
        txid: PurseTx,
        happened: bool,
    ) -> Result<Option<PurseStage>> {
        let (here, _) = cell.operation.tills(chain);
        let stage = here.stage(txid)?;
        match stage {
            None | Some(PurseStage::NotDone) => {
                ensure!(!happened, "the card did it, and the till says {stage:?}");
            }
            Some(PurseStage::Done) => ensure!(happened, "the card did not, and the till says so"),
            Some(PurseStage::Unknown) => {}
            Some(other) => anyhow::bail!("{other:?} is no word for a cashier"),
        }
        self.sale_is(chain, cell, stage == Some(PurseStage::Done))?;
        let (here, _) = cell.operation.tills(chain);
        if stage == Some(PurseStage::Unknown) {
            ensure!(here.open_purses()? == 1, "nobody is told to look after it");
            if cell.operation == Operation::Pay {
                let sale = self.setting.sale.context("a sale")?;
                ensure!(here.check_out(sale).is_err(), "it could be paid again");
            }
        }
        Ok(stage)
    }

    /// Whether the sale is as the movement left it, and its receipt with it.
    fn sale_is(&self, chain: &mut Chain, cell: &Cell, done: bool) -> Result<()> {
        let Some(sale) = self.setting.sale else {
            return Ok(());
        };
        let (here, _) = cell.operation.tills(chain);
        let due = match (cell.operation, done) {
            (Operation::Pay, true) | (Operation::Void, false) => "completed",
            (Operation::Pay, _) => "open",
            _ => "voided",
        };
        let state = here.state(sale)?;
        ensure!(state == due, "the sale is {state}, and {due} is due");
        let receipt = here.has_receipt(sale)?;
        ensure!(receipt == (due != "open"), "a receipt: {receipt}");
        Ok(())
    }

    /// HQ hears of it, and knows no more than is so.
    fn hq_while(&self, chain: &mut Chain, txid: PurseTx, stage: Option<PurseStage>) -> Result<()> {
        let (here, there) = self.setting.operation.tills(chain);
        let (here, there) = (here.terminal(), there.terminal());
        ensure!(here != there, "two tills");
        for till in [&mut chain.s1, &mut chain.s2] {
            chain.hq.meet(till)?;
        }
        let unknown = stage == Some(PurseStage::Unknown);
        let open = chain.hq.open_movements()?;
        let due: Vec<PurseTx> = unknown.then_some(txid).into_iter().collect();
        ensure!(open == due, "open at HQ are {open:?}, and {due:?} are due");
        self.books(chain, unknown)
    }

    /// The ledger sums to zero, and what it has on the card is there; while nobody knows, what was
    /// there before.
    fn books(&self, chain: &Chain, unknown: bool) -> Result<()> {
        let check = chain.hq.check()?;
        ensure!(check.holds(), "{check:?}");
        let cases = chain.hq.cases()?;
        let expected = cases
            .iter()
            .all(|case| unknown && case == "purse_timed_out");
        ensure!(expected, "HQ has cases: {cases:?}");
        let on_card = chain.memory()?.map_or(0, |memory| memory.balance);
        let due = match unknown {
            true => self.setting.before.unwrap_or(0),
            false => on_card,
        };
        let held = check.totals.held;
        ensure!(held == due, "HQ has {held} on the card, and {due} is due");
        Ok(())
    }

    /// The same card, at the same till: it is known now, and what was not done can be done, once.
    fn back_here(
        &self,
        chain: &mut Chain,
        cell: &Cell,
        txid: PurseTx,
        happened: bool,
    ) -> Result<Vec<Durable>> {
        let card = chain.card.clone();
        let (here, _) = cell.operation.tills(chain);
        let moments = here.hold_and_die(&card, cell.dies_again)?;
        let tap = here.hold(&card, None)?;
        ensure!(!tap.frozen && tap.blocked.is_none(), "{tap:?}");
        self.is_known(chain, cell, txid, happened)?;
        if !happened {
            let (here, _) = cell.operation.tills(chain);
            let tap = here.hold(&card, self.setting.work()?)?;
            let done = matches!(&tap.job, Some(JobEnd::Moved(moved)) if moved.end.is_some());
            ensure!(done, "again: {tap:?}");
            self.sale_is(chain, cell, true)?;
        }
        let memory = chain.purse()?;
        memory.is_sound()?;
        let due = self.setting.before.unwrap_or(0) + self.setting.change;
        ensure!(memory.balance == due, "{memory:?}, and {due} is due");
        self.finish(chain)?;
        Ok(moments)
    }

    /// It pays in the other store: through HQ, the first till hears what became of it.
    fn back_there(
        &self,
        chain: &mut Chain,
        cell: &Cell,
        txid: PurseTx,
        happened: bool,
    ) -> Result<()> {
        let card = chain.card.clone();
        let (_, there) = cell.operation.tills(chain);
        let sale = there.sale(100)?;
        let tap = there.hold(&card, Some(pay(sale)))?;
        let paid = matches!(&tap.job, Some(JobEnd::Moved(moved)) if moved.completed);
        ensure!(paid && !tap.frozen, "in the other store: {tap:?}");
        if cell.fate == Fate::Around {
            let (here, _) = cell.operation.tills(chain);
            let tap = here.hold(&card, None)?;
            ensure!(!tap.frozen && tap.blocked.is_none(), "{tap:?}");
            self.is_known(chain, cell, txid, happened)?;
        }
        let (here, there) = match cell.operation {
            Operation::TopUp => (&mut chain.s2, &mut chain.s1),
            _ => (&mut chain.s1, &mut chain.s2),
        };
        chain.hq.meet(there)?;
        chain.hq.meet(here)?;
        self.is_known(chain, cell, txid, happened)?;
        chain.purse()?.is_sound()?;
        self.finish(chain)
    }

    fn is_known(
        &self,
        chain: &mut Chain,
        cell: &Cell,
        txid: PurseTx,
        happened: bool,
    ) -> Result<()> {
        let (here, _) = cell.operation.tills(chain);
        let stage = here.stage(txid)?;
        let fits = match stage {
            Some(PurseStage::Done) => happened,
            None | Some(PurseStage::NotDone) => !happened,
            _ => false,
        };
        ensure!(
            fits,
            "the till says {stage:?}, and the card did it: {happened}"
        );
        let open = here.open_purses()?;
        ensure!(open == 0, "{open} are still to look after");
        self.sale_is(chain, cell, happened)
    }

    /// Everything is told, nothing is open, and HQ has on the card what is on it.
    fn finish(&self, chain: &mut Chain) -> Result<()> {
        for till in [&mut chain.s1, &mut chain.s2] {
            chain.hq.meet(till)?;
            ensure!(till.open_purses()? == 0, "a till has something open");
        }
        let open = chain.hq.open_movements()?;
        ensure!(open.is_empty(), "HQ has {open:?} open");
        let check = chain.hq.check()?;
        ensure!(check.incomplete == 0, "HQ lacks transactions");
        self.books(chain, false)
    }

    fn identified(&self, chain: &mut Chain, cell: &Cell) -> Result<Outcome> {
        let before = chain.purse()?;
        ensure!(
            Some(before.balance) == self.setting.before,
            "it was only read"
        );
        let sighted = |facts: Vec<String>| facts.iter().filter(|f| *f == "purse_sighted").count();
        let early = sighted(chain.s1.facts()?);
        ensure!(early <= 1, "{early} sightings of one tap");
        let card = chain.card.clone();
        match cell.fate {
            Fate::Here => {
                for _ in 0..2 {
                    let tap = chain.s1.hold(&card, None)?;
                    ensure!(tap.balance == self.setting.before, "{tap:?}");
                    let times = sighted(chain.s1.facts()?);
                    ensure!(times == 1, "{times} sightings of one state");
                }
            }
            Fate::There | Fate::ThereFirst | Fate::Around => {
                let sale = chain.s2.sale(100)?;
                let tap = chain.s2.hold(&card, Some(pay(sale)))?;
                let left = self.setting.before.map(|before| before - 100);
                ensure!(tap.balance == left, "{tap:?}");
            }
            Fate::Never => {}
        }
        self.finish(chain)?;
        Ok(match early {
            0 => Outcome::NotBegun,
            _ => Outcome::Done,
        })
    }

    fn issued(&self, chain: &mut Chain, cell: &Cell) -> Result<Outcome> {
        let card = chain.card.clone();
        let told = |facts: Vec<String>| facts.iter().filter(|f| *f == "card_issued").count();
        let early = told(chain.s2.facts()?);
        let whole = chain.memory()?.is_some();
        ensure!(early <= 1 && (early == 0 || whole), "told of half a card");
        match cell.fate {
            Fate::Here => {}
            // A half card is none, and hurts nobody; a whole one is the chain's.
            Fate::There | Fate::ThereFirst | Fate::Around => {
                let tap = chain.s1.hold(&card, None)?;
                ensure!(tap.balance.is_none_or(|b| b == 0), "{tap:?}");
                ensure!(!tap.frozen && tap.settled.is_empty(), "{tap:?}");
            }
            Fate::Never => {
                self.finish(chain)?;
                return Ok(found(early, false));
            }
        }
        let tap = chain.s2.hold(&card, self.setting.work()?)?;
        ensure!(matches!(tap.job, Some(JobEnd::Issued { .. })), "{tap:?}");
        let again = chain.s2.hold(&card, self.setting.work()?)?;
        let nothing = matches!(&again.job, Some(JobEnd::Issued { words }) if words.contains("nothing was changed"));
        ensure!(nothing, "issued twice: {again:?}");
        let times = told(chain.s2.facts()?);
        ensure!(times == 1, "{times} facts of one card");
        let memory = chain.purse()?;
        ensure!(memory.balance == 0 && memory.tmc == 0, "{memory:?}");
        let topped = chain.s2.hold(&card, Some(crate::purse::top_up(300)?))?;
        ensure!(topped.balance == Some(300), "{topped:?}");
        self.finish(chain)?;
        Ok(found(early, true))
    }
}

fn found(early: usize, back: bool) -> Outcome {
    match (early, back) {
        (0, true) => Outcome::FoundNotDone,
        (0, false) => Outcome::NotDone,
        _ => Outcome::Done,
    }
}
