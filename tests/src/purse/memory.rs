//! What a card's memory says: the oracle. Read out of the simulated chip by the public layout alone, with
//! nothing of `tillside-cards`.

use anyhow::{Context, Result};
use serde_json::Value;
use tillside_core::PurseTx;
use tillside_sim::SavedCard;

/// An entry of the card's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which movement.
    pub txid: PurseTx,
    /// 1 pay, 2 top up, 3 void, 4 refund, 5 restore.
    pub kind: u8,
    /// How much, minor units.
    pub amount: i64,
    /// What the card held then.
    pub after: i64,
}

impl Entry {
    /// What it did to the balance.
    pub fn change(&self) -> i64 {
        match self.kind {
            1 => -self.amount,
            _ => self.amount,
        }
    }
}

/// The purse in a card's memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardMemory {
    /// Minor units.
    pub balance: i64,
    /// The counter of committed transactions.
    pub tmc: u64,
    /// The movement that LAST names.
    pub last: PurseTx,
    /// The log, newest first.
    pub log: Vec<Entry>,
}

impl CardMemory {
    /// Reads it; none if the chain's files are not all there.
    ///
    /// # Errors
    /// If they are and cannot be read.
    pub fn of(card: &SavedCard) -> Result<Option<Self>> {
        let memory = card.memory();
        let Some(at) = application(card) else {
            return Ok(None);
        };
        let files = &memory["applications"][at]["files"];
        if ["1", "2", "4", "5", "15"]
            .iter()
            .any(|n| files[*n].is_null())
        {
            return Ok(None);
        }
        let records = files["4"]["records"].as_array().context("a log")?;
        let log = records.iter().map(entry).collect::<Result<Vec<_>>>()?;
        let last = bytes(&files["5"]["data"])?;
        Ok(Some(Self {
            balance: files["2"]["value"].as_i64().context("a value")?,
            tmc: files["15"]["tmc"].as_u64().context("a counter")?,
            last: txid(&last)?,
            log,
        }))
    }

    /// How often a movement is in the log.
    pub fn times(&self, txid: PurseTx) -> usize {
        self.log.iter().filter(|entry| entry.txid == txid).count()
    }

    /// Whether log, LAST, counter and balance tell one story, and no movement is in it twice.
    ///
    /// # Errors
    /// In words, if not.
    pub fn is_sound(&self) -> Result<()> {
        let newest = self.log.first();
        if let Some(newest) = newest {
            anyhow::ensure!(newest.after == self.balance, "log and value differ");
            anyhow::ensure!(newest.txid == self.last, "log and LAST differ");
        }
        let sum: i64 = self.log.iter().map(Entry::change).sum();
        anyhow::ensure!(sum == self.balance, "the log sums to {sum}");
        anyhow::ensure!(
            self.log.len() as u64 == self.tmc,
            "the counter is {}",
            self.tmc
        );
        let twice = self.log.iter().find(|entry| self.times(entry.txid) != 1);
        anyhow::ensure!(twice.is_none(), "{twice:?} is on the card twice");
        Ok(())
    }
}

/// Which of a card's applications is the chain's.
pub(super) fn application(card: &SavedCard) -> Option<usize> {
    let memory = card.memory();
    let all = memory["applications"].as_array()?;
    all.iter().position(|one| one["aid"] == "F54C01")
}

fn bytes(hex: &Value) -> Result<Vec<u8>> {
    let hex = hex.as_str().context("bytes")?;
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16);
    let bytes = (0..hex.len()).step_by(2).map(byte);
    Ok(bytes.collect::<Result<_, _>>()?)
}

fn txid(bytes: &[u8]) -> Result<PurseTx> {
    let first = bytes.get(..8).context("a txid")?;
    Ok(PurseTx::new(first.try_into()?))
}

fn entry(record: &Value) -> Result<Entry> {
    let bytes = bytes(record)?;
    anyhow::ensure!(bytes.len() == 32, "a record of {} bytes", bytes.len());
    let number = |at: usize| -> Result<i64> {
        let four: [u8; 4] = bytes[at..at + 4].try_into()?;
        Ok(i64::from(u32::from_le_bytes(four)))
    };
    Ok(Entry {
        txid: txid(&bytes)?,
        kind: bytes[8],
        amount: number(9)?,
        after: number(13)?,
    })
}
