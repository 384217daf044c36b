//! What a command does to an account, or why it does not.

mod due;
mod incoming;
mod pooling;
mod returns;
mod using;

use crate::lots::{Adjusted, Ledger, LotsCommand, LotsRefusal, Movement};
use crate::{POINTS_LIMIT, Points, REASON_LIMIT, Timestamp};

impl Ledger {
    /// What a command does, in order: first what was due before it, last what is due because of it.
    ///
    /// `now` is taken for the account's own time if it is before that. Refuses as [`LotsRefusal`]
    /// says; then nothing happens, and what is due stays due.
    pub fn decide(
        &self,
        command: LotsCommand,
        now: Timestamp,
    ) -> Result<Vec<Movement>, LotsRefusal> {
        let at = now.max(self.at);
        let mut next = self.clone();
        let mut movements = next.take_in_due(at);
        if let Some(movement) = next.answer(command, at)? {
            next.apply(&movement);
            movements.push(movement);
            movements.extend(next.take_in_due(at));
        }
        Ok(movements)
    }

    fn take_in_due(&mut self, at: Timestamp) -> Vec<Movement> {
        let due = self.due(at);
        due.iter().for_each(|movement| self.apply(movement));
        due
    }

    fn answer(&self, command: LotsCommand, at: Timestamp) -> Result<Option<Movement>, LotsRefusal> {
        let movement = match command {
            LotsCommand::Run => return Ok(None),
            LotsCommand::Earn { lots } => self.earn(lots, at)?,
            LotsCommand::Receive { lots } => self.receive(lots, at)?,
            LotsCommand::Grant { lot, adjusted } => self.grant(lot, adjusted, at)?,
            LotsCommand::Spend { id, amount, beyond } => self.spend(id, amount, beyond, at)?,
            LotsCommand::Withdraw {
                id,
                amount,
                beyond,
                adjusted,
            } => self.withdraw(id, amount, beyond, adjusted, at)?,
            LotsCommand::Send {
                id,
                from,
                to,
                amount,
            } => self.send(id, from, to, amount, at)?,
            LotsCommand::Release { id, amount } => self.give_back(id, amount, at)?,
            LotsCommand::Return { goods } => self.returned(&goods, at)?,
            LotsCommand::HandOver { member } => Movement::HandedOver {
                parcel: self.parcel(member),
                at,
            },
            LotsCommand::TakeOver { parcel } => {
                self.check_parcel(&parcel)?;
                Movement::TakenOver { parcel, at }
            }
            LotsCommand::Compact { before } if before > at => return Err(LotsRefusal::NotOver),
            LotsCommand::Compact { before } => Movement::Compacted { before, at },
        };
        Ok(Some(movement))
    }
}

/// A number of points that can be booked.
fn bookable(amount: Points) -> Result<(), LotsRefusal> {
    match amount.0 {
        1..=POINTS_LIMIT => Ok(()),
        _ => Err(LotsRefusal::Nothing),
    }
}

/// Two numbers of points that may be in one account together.
fn countable(here: Points, more: impl Iterator<Item = Points>) -> Result<(), LotsRefusal> {
    match more.fold(here, |sum, points| sum + points).0 {
        ..=POINTS_LIMIT => Ok(()),
        _ => Err(LotsRefusal::TooMany),
    }
}

/// A reason that says something.
fn reasoned(adjusted: &Adjusted) -> Result<(), LotsRefusal> {
    let reason = &adjusted.reason;
    if reason.trim().is_empty() || reason.chars().count() > REASON_LIMIT {
        return Err(LotsRefusal::BadReason);
    }
    Ok(())
}
