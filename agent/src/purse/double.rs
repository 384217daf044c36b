//! A card in memory, for the tests of the flows: it keeps its promise (all old or all new) and breaks
//! off where it is told to. Real cards, simulated to the bit, are held to the same flows in `tests/`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::card::{Cards, Movement, NoProof, Proof, Purse, Reading, Staged, Trouble};
use std::cell::RefCell;
use std::rc::Rc;
use tillside_core::{
    CardIdentity, CardLogEntry, CardSeen, PurseTx, TerminalMark, TransactionMacInput,
    TransactionMacValue,
};
use tillside_drivers::{CardSession, ReaderError};

/// Where the card is pulled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pull {
    Read,
    Open,
    Log,
    Stage,
    /// The commit never reaches it.
    BeforeCommit,
    /// It commits, and its answer is lost.
    AfterCommit,
    /// The commit fails before a byte of it is sent.
    CommitNotSent,
}

pub(super) const ALL_PULLS: [Pull; 7] = [
    Pull::Read,
    Pull::Open,
    Pull::Log,
    Pull::Stage,
    Pull::BeforeCommit,
    Pull::AfterCommit,
    Pull::CommitNotSent,
];

/// What is on the card.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) balance: i64,
    pub(super) tmc: u32,
    pub(super) last: Option<PurseTx>,
    pub(super) log: Vec<CardLogEntry>,
}

/// One card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) identity: CardIdentity,
    pub(super) memory: Rc<RefCell<Memory>>,
    pub(super) pull: Rc<RefCell<Option<Pull>>>,
}

impl Card {
    pub(super) fn holding(uid: &str, balance: i64) -> Self {
        let memory = Memory {
            balance,
            tmc: 3,
            last: Some(PurseTx::new([9; 8])),
            log: Vec::new(),
        };
        Self {
            identity: CardIdentity::new(uid).unwrap(),
            memory: Rc::new(RefCell::new(memory)),
            pull: Rc::default(),
        }
    }

    /// As it comes from the desk: never used.
    pub(super) fn new(uid: &str) -> Self {
        let card = Self::holding(uid, 0);
        {
            let mut memory = card.memory.borrow_mut();
            (memory.tmc, memory.last) = (0, None);
        }
        card
    }

    pub(super) fn balance(&self) -> i64 {
        self.memory.borrow().balance
    }

    /// Pulls the card once, at the next such moment.
    pub(super) fn pull_at(&self, moment: Pull) {
        *self.pull.borrow_mut() = Some(moment);
    }

    fn pulled(&self, moment: Pull) -> bool {
        let mut pull = self.pull.borrow_mut();
        let now = *pull == Some(moment);
        if now {
            *pull = None;
        }
        now
    }

    fn gone(&self, moment: Pull) -> Result<(), Trouble> {
        match self.pulled(moment) {
            true => Err(gone()),
            false => Ok(()),
        }
    }
}

fn gone() -> Trouble {
    let reader = "R".to_owned();
    Trouble::reader(ReaderError::CardGone {
        reader,
        source: None,
    })
}

/// A session that nobody speaks over: the double is its own card.
pub(super) struct NoSession;

impl CardSession for NoSession {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, ReaderError> {
        Err(ReaderError::CardMute { step: "anything" })
    }
    fn atr(&self) -> &[u8] {
        &[]
    }
    fn reader(&self) -> &str {
        "R"
    }
}

impl Cards for Card {
    fn read(&self, _: &mut dyn CardSession) -> Result<Reading, Trouble> {
        self.gone(Pull::Read)?;
        Ok(Reading {
            card: self.identity.clone(),
            kind: "desfire",
            authenticated: true,
            member: None,
            expires: None,
            purse: true,
            refused: None,
        })
    }

    fn open<'s>(
        &'s self,
        _: &'s mut dyn CardSession,
        _: &Reading,
    ) -> Result<Box<dyn Purse + 's>, Trouble> {
        self.gone(Pull::Open)?;
        Ok(Box::new(self.clone()))
    }
}

impl Purse for Card {
    fn seen(&self) -> CardSeen {
        let memory = self.memory.borrow();
        CardSeen {
            balance: memory.balance,
            tmc: memory.tmc,
            last: memory.last,
        }
    }

    fn unfit(&self, _: u32, _: bool) -> Option<Trouble> {
        None
    }

    fn log(&mut self) -> Result<Vec<CardLogEntry>, Trouble> {
        self.gone(Pull::Log)?;
        Ok(self.memory.borrow().log.clone())
    }

    fn log_since(&mut self, tmc: u32) -> Result<Vec<CardLogEntry>, Trouble> {
        let mut log = self.log()?;
        log.retain(|entry| entry.seq > tmc);
        log.truncate(6);
        Ok(log)
    }

    fn stage<'s>(self: Box<Self>, movement: &Movement) -> Result<Box<dyn Staged + 's>, Trouble>
    where
        Self: 's,
    {
        self.gone(Pull::Stage)?;
        Ok(Box::new(StagedCard {
            card: *self,
            movement: *movement,
        }))
    }
}

struct StagedCard {
    card: Card,
    movement: Movement,
}

impl Staged for StagedCard {
    fn commit(self: Box<Self>) -> Result<Proof, NoProof> {
        let Self { card, movement } = *self;
        if card.pulled(Pull::CommitNotSent) {
            return Err(NoProof::NeverSent(gone()));
        }
        if card.pulled(Pull::BeforeCommit) {
            return Err(NoProof::Unknown("no answer".to_owned()));
        }
        let txid = PurseTx::new(movement.txid);
        let (tmc, after) = {
            let mut memory = card.memory.borrow_mut();
            let takes = movement.kind == 1;
            memory.balance += if takes {
                -movement.amount
            } else {
                movement.amount
            };
            memory.tmc += 1;
            memory.last = Some(txid);
            let entry = CardLogEntry {
                txid,
                kind: movement.kind,
                amount: movement.amount,
                after: memory.balance,
                seq: memory.tmc,
                terminal: TerminalMark::new(movement.terminal),
                time: movement.time,
            };
            memory.log.insert(0, entry);
            (memory.tmc, memory.balance)
        };
        if card.pulled(Pull::AfterCommit) {
            return Err(NoProof::Unknown("no answer".to_owned()));
        }
        Ok(Proof {
            tmc,
            tmv: TransactionMacValue::new([7; 8]),
            tmi: TransactionMacInput::new(vec![1]).unwrap(),
            after,
        })
    }
}
