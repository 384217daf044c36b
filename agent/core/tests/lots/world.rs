//! Members, funders, lots and records, to tell stories with. Time counts in single milliseconds.

use tillside_core::lots::*;
use tillside_core::{FunderId, MemberId, PersonId, Points, TerminalId, Timestamp};
use uuid::Uuid;

pub fn member(n: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0003_0000 + n,
    ))
}

pub fn funder(name: &str) -> FunderId {
    FunderId::new(name).unwrap()
}

pub fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

/// The n-th record. Records of three journals, so that their order is not the order of time.
pub fn record(n: u64) -> RecordRef {
    let terminal = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0001_0000 + u128::from(n % 3));
    RecordRef {
        terminal: TerminalId::new(terminal),
        epoch: 1,
        seq: n,
    }
}

pub fn lot_id(n: u64) -> LotId {
    LotId {
        source: record(n),
        index: 0,
    }
}

/// A lot of member 1, funded by the chain, active from 0 on, for ever, earned on its amount times 100.
pub fn lot(n: u64, amount: i64) -> Lot {
    Lot {
        id: lot_id(n),
        member: member(1),
        funder: funder("chain"),
        amount: Points(amount),
        pending_until: at(0),
        expires_at: None,
        basis: amount * 100,
        kind: LotKind::Earned,
    }
}

pub fn until(lot: Lot, expires: i64) -> Lot {
    let expires_at = Some(at(expires));
    Lot { expires_at, ..lot }
}

pub fn from(lot: Lot, pending_until: i64) -> Lot {
    let pending_until = at(pending_until);
    Lot {
        pending_until,
        ..lot
    }
}

pub fn of_funder(lot: Lot, name: &str) -> Lot {
    let funder = funder(name);
    Lot { funder, ..lot }
}

pub fn of_member(lot: Lot, n: u128) -> Lot {
    let member = member(n);
    Lot { member, ..lot }
}

pub fn earn(lots: impl Into<Vec<Lot>>) -> LotsCommand {
    let lots = lots.into();
    LotsCommand::Earn { lots }
}

pub fn spend(n: u64, amount: i64) -> LotsCommand {
    LotsCommand::Spend {
        id: record(n),
        amount: Points(amount),
        beyond: None,
    }
}

pub fn spend_beyond(n: u64, amount: i64) -> LotsCommand {
    LotsCommand::Spend {
        id: record(n),
        amount: Points(amount),
        beyond: Some(Charge {
            member: member(1),
            funder: funder("chain"),
        }),
    }
}

pub fn release(n: u64, amount: i64) -> LotsCommand {
    LotsCommand::Release {
        id: record(n),
        amount: Points(amount),
    }
}

pub fn goods_back(n: u64, worth: i64) -> LotsCommand {
    let lot = lot_id(n);
    let goods = vec![ReturnedGoods { lot, worth }];
    LotsCommand::Return { goods }
}

pub fn send(n: u64, to: u128, amount: i64) -> LotsCommand {
    LotsCommand::Send {
        id: record(n),
        from: member(1),
        to: member(to),
        amount: Points(amount),
    }
}

pub fn adjusted() -> Adjusted {
    Adjusted {
        by: PersonId::new("anna").unwrap(),
        reason: "the till was down".into(),
    }
}

/// An account, and every movement it made.
#[derive(Clone, Default, Debug)]
pub struct Account {
    pub ledger: Ledger,
    pub movements: Vec<Movement>,
}

impl Account {
    pub fn try_to(&mut self, ms: i64, command: LotsCommand) -> Result<Vec<Movement>, LotsRefusal> {
        let movements = self.ledger.decide(command, at(ms))?;
        for movement in &movements {
            self.ledger.apply(movement);
        }
        self.movements.extend(movements.iter().cloned());
        Ok(movements)
    }

    pub fn does(&mut self, ms: i64, command: LotsCommand) -> Vec<Movement> {
        self.try_to(ms, command).unwrap()
    }

    pub fn has(&self, ms: i64) -> Balance {
        let balance = self.ledger.balance(at(ms));
        assert!(balance.adds_up(), "{balance:?}");
        balance
    }

    pub fn left_of(&self, n: u64) -> i64 {
        self.ledger.lot(lot_id(n)).unwrap().left.0
    }
}

/// An account that earned these lots at 0.
pub fn account(lots: impl Into<Vec<Lot>>) -> Account {
    let mut account = Account::default();
    account.does(0, earn(lots));
    account
}
