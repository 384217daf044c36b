//! The five operations, each with a chain in which it can be begun.

use crate::purse::{Bench, Chain, Counter, FLOAT, Scene, issue, pay, top_up, void};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tillside::purse::{JobEnd, Work};
use tillside_core::SaleId;

/// What a payment is over, minor units.
const PRICE: i64 = 429;
/// What is put on, minor units.
const NOTE: i64 = 500;

/// What is done with the card when it is torn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Operation {
    /// It is looked at.
    Identify,
    /// It pays.
    Pay,
    /// Money is put on it.
    TopUp,
    /// A sale of the same day is taken back.
    Void,
    /// It is made the chain's.
    Issue,
}

/// An operation that is about to begin.
pub struct Setting {
    /// The operation.
    pub operation: Operation,
    /// Where it begins.
    pub scene: Scene,
    /// The sale it is about.
    pub sale: Option<SaleId>,
    /// What the card holds; none for a blank one.
    pub before: Option<i64>,
    /// What the operation does to that.
    pub change: i64,
    /// How many commands it takes when nothing goes wrong.
    pub commands: u32,
}

impl Operation {
    /// The till it is done at, and the other one.
    pub fn tills(self, chain: &mut Chain) -> (&mut Counter, &mut Counter) {
        match self {
            Operation::TopUp | Operation::Issue => (&mut chain.s2, &mut chain.s1),
            _ => (&mut chain.s1, &mut chain.s2),
        }
    }

    /// Sets everything up, and counts the commands of a run in which nothing goes wrong.
    pub fn setting(self) -> Result<Setting> {
        let (chain, sale) = self.prepared()?;
        let before = chain.memory()?.map(|memory| memory.balance);
        let mut setting = Setting {
            operation: self,
            scene: chain.pack()?,
            sale,
            before,
            change: match self {
                Operation::Pay => -PRICE,
                Operation::TopUp => NOTE,
                Operation::Void => PRICE,
                Operation::Identify | Operation::Issue => 0,
            },
            commands: 0,
        };
        setting.commands = setting.count()?;
        Ok(setting)
    }

    /// The job, about a sale; none to identify.
    ///
    /// # Errors
    /// If a sale is missing.
    pub fn work(self, sale: Option<SaleId>) -> Result<Option<Work>> {
        let sale = || sale.context("a sale");
        Ok(match self {
            Operation::Identify => None,
            Operation::Pay => Some(pay(sale()?)),
            Operation::TopUp => Some(top_up(NOTE)?),
            Operation::Void => Some(void(sale()?)?),
            Operation::Issue => Some(issue()?),
        })
    }

    fn prepared(self) -> Result<(Chain, Option<SaleId>)> {
        let mut chain = match self {
            Operation::Issue => Chain::found()?,
            _ => Chain::issued()?,
        };
        let sale = match self {
            Operation::Pay => Some(chain.s1.sale(PRICE)?),
            Operation::Void => {
                let sale = chain.s1.sale(PRICE)?;
                let card = chain.card.clone();
                let paid = chain.s1.hold(&card, Some(pay(sale)))?;
                ensure!(paid.balance == Some(FLOAT - PRICE), "{paid:?}");
                chain.hq.meet(&mut chain.s1)?;
                Some(sale)
            }
            _ => None,
        };
        Ok((chain, sale))
    }
}

impl Setting {
    /// The job; none to identify.
    ///
    /// # Errors
    /// Never in practice.
    pub fn work(&self) -> Result<Option<Work>> {
        self.operation.work(self.sale)
    }

    fn count(&self) -> Result<u32> {
        let mut chain = self.scene.play(&Bench::Direct)?;
        let (txid, card) = (chain.tx(), chain.card.clone());
        let (here, _) = self.operation.tills(&mut chain);
        here.reader.lay(&card, None)?;
        let tap = here.attend(txid, self.work()?, None)?.end?;
        let done = match &tap.job {
            None => self.operation == Operation::Identify,
            Some(JobEnd::Moved(settled)) => settled.end.is_some(),
            Some(JobEnd::Issued { .. }) => true,
            _ => false,
        };
        ensure!(done, "nothing goes wrong, and {tap:?}");
        Ok(u32::try_from(here.reader.commands()?)?)
    }
}
