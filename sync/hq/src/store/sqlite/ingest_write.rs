//! Writing what a batch was found to mean.

mod cases;

use super::codec::{UuidId, failed, signed};
use super::emoney::{self, Counting, Purses, SideCase};
use super::expiry;
use super::ingest::{Proofs, TerminalRow};
use super::leases;
use super::ledger::Accounts;
use super::returns;
use crate::emoney::Scheme;
use crate::ingest::book::{Booking, Redemption, SecondUse, SharedUse, Shown};
use crate::ingest::chain::ForkCases;
use crate::ingest::{Fault, Step};
use crate::ledger::{Account, Balances, MovementKind};
use crate::store::StoreError;
use rusqlite::{Transaction, params};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tillside_core::{Head, MemberId, Record, SaleId, Sealed, Timestamp};
use tillside_protocol::{Ack, Outcome};

/// One batch on its way into the database.
pub(super) struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    terminal: &'a TerminalRow,
    epoch: u32,
    now: Timestamp,
    accounts: Accounts,
    visitors: HashSet<MemberId>,
    /// Whose points a void or a return took.
    taken_from: BTreeSet<Account>,
    /// The answers given so far, for records that come twice in one batch.
    given: BTreeMap<u64, Outcome>,
    /// Cases of other histories.
    pub(super) fork_cases: ForkCases,
    /// The chain's e-money, if the batch is about any.
    pub(super) scheme: Option<&'a Scheme>,
    /// What became of cards' proofs.
    pub(super) proofs: Option<&'a Proofs>,
}

impl<'a> Writing<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        terminal: &'a TerminalRow,
        epoch: u32,
        now: Timestamp,
        accounts: Accounts,
    ) -> Self {
        Self {
            transaction,
            terminal,
            epoch,
            now,
            accounts,
            visitors: HashSet::new(),
            taken_from: BTreeSet::new(),
            given: BTreeMap::new(),
            fork_cases: ForkCases::new(),
            scheme: None,
            proofs: None,
        }
    }

    /// Writes one record and answers it.
    pub(super) fn step(&mut self, sealed: &Sealed, step: Step) -> Result<Ack, StoreError> {
        let seq = sealed.seq;
        let outcome = match step {
            Step::Known(None) => Outcome::AlreadyAccepted,
            Step::Known(Some(case)) => Outcome::Quarantined { case },
            Step::Repeated => match self.given.get(&seq) {
                Some(Outcome::Quarantined { case }) => Outcome::Quarantined { case: *case },
                _ => Outcome::AlreadyAccepted,
            },
            Step::Missing => Outcome::Missing,
            Step::Fork(fork) => self.fork(sealed, fork)?,
            Step::Book(booking) => {
                let record = self.record(sealed, None)?;
                self.booking(sealed, record, &booking)?;
                Outcome::Accepted
            }
            Step::Purse(record) => self.purse(sealed, &record)?,
            Step::Quarantine(fault) => {
                let case = self.quarantine(sealed, &fault)?;
                Outcome::Quarantined { case }
            }
        };
        if !matches!(outcome, Outcome::Missing | Outcome::Conflict { .. }) {
            self.given.insert(seq, outcome.clone());
        }
        Ok(Ack { seq, outcome })
    }

    /// Writes balances and the new head.
    pub(super) fn finish(
        self,
        balances: &Balances,
        head: &Head,
        before: Head,
    ) -> Result<(), StoreError> {
        self.accounts.settle(self.transaction, balances)?;
        expiry::correct(self.transaction, &self.taken_from, self.now)?;
        self.transaction
            .prepare_cached("UPDATE terminal SET last_contact = ?2 WHERE id = ?1")
            .map_err(failed)?
            .execute(params![self.terminal.id, self.now.0])
            .map_err(failed)?;
        if *head == before {
            return Ok(());
        }
        self.transaction
            .prepare_cached(
                "INSERT INTO journal_head (terminal, epoch, seq, hash) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (terminal, epoch) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
            )
            .map_err(failed)?
            .execute(params![self.terminal.id, self.epoch, signed(head.seq), head.hash.bytes()])
            .map_err(failed)?;
        Ok(())
    }

    fn record(&self, sealed: &Sealed, case: Option<u64>) -> Result<i64, StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO record (terminal, epoch, seq, hash, body, received_at, case_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(failed)?
            .execute(params![
                self.terminal.id,
                self.epoch,
                signed(sealed.seq),
                sealed.hash.bytes(),
                sealed.body,
                self.now.0,
                case.map(signed)
            ])
            .map_err(failed)?;
        Ok(self.transaction.last_insert_rowid())
    }

    fn booking(
        &mut self,
        sealed: &Sealed,
        record: i64,
        booking: &Booking,
    ) -> Result<(), StoreError> {
        if let Some(sale) = booking.completed {
            self.transaction
                .prepare_cached("INSERT INTO sale (sale, record) VALUES (?1, ?2)")
                .map_err(failed)?
                .execute(params![sale.bytes(), record])
                .map_err(failed)?;
            let counting = Counting {
                transaction: self.transaction,
                scheme: self.scheme,
                terminal: self.terminal.id,
                record,
                now: self.now,
            };
            counting.sale(sale, &booking.purse_tenders)?;
        }
        for redemption in &booking.redemptions {
            self.redemption(record, redemption)?;
        }
        for used in &booking.shared_uses {
            self.shared_use(record, used)?;
        }
        for second in &booking.second_uses {
            self.second_use(sealed, second)?;
        }
        if let Some(terms) = &booking.recovered
            && leases::recover(self.transaction, terms, self.now)?
        {
            self.share_recovered(sealed)?;
        }
        if let Some(closed) = &booking.closed {
            leases::close(self.transaction, closed, self.now)?;
        }
        if let Some(returned) = &booking.returned {
            returns::write(self.transaction, record, returned)?;
        }
        if let Some(sale) = booking.voided {
            self.void(record, sale)?;
        }
        // Points that were used before they expired did not, and those of goods that are back cost nobody.
        let back = booking.voided.is_some() || booking.returned.is_some();
        let taking = (booking.movements.iter())
            .filter(|moved| back || moved.kind() == MovementKind::Spend)
            .map(|moved| moved.from().clone());
        self.taken_from.extend(taking);
        leases::book(self.transaction, &booking.leased)?;
        self.accounts
            .write(self.transaction, &booking.movements, Some(record), self.now)?;
        if let Some(member) = booking.visitor
            && self.visitors.insert(member)
        {
            self.transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO member_store (store, member) VALUES (?1, ?2)",
                )
                .map_err(failed)?
                .execute(params![self.terminal.store.as_str(), member.bytes()])
                .map_err(failed)?;
        }
        if let Some(card) = &booking.issued {
            let (tx, store) = (self.transaction, &self.terminal.store);
            if let Some(words) = emoney::made_elsewhere(tx, &card.card, self.terminal.id)? {
                self.side_case(
                    sealed,
                    &SideCase {
                        kind: "card_keys_elsewhere",
                        words,
                        evidence: serde_json::json!({ "card": card.card }),
                        about: None,
                    },
                )?;
            }
            if let Some(words) = emoney::issued(tx, card, store, record, self.now)? {
                self.side_case(sealed, &SideCase {
                    kind: "carry_over",
                    words: format!("the balance of a lost card cannot be carried over: {words}"),
                    evidence: serde_json::json!({ "card": card.card, "replaces": card.replaces }),
                    about: None,
                })?;
            }
        }
        if let Some(version) = booking.bundle {
            self.transaction
                .prepare_cached("UPDATE terminal SET bundle = max(bundle, ?2) WHERE id = ?1")
                .map_err(failed)?
                .execute(params![self.terminal.id, signed(version)])
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Books a record about a purse, or keeps it with a case.
    fn purse(&self, sealed: &Sealed, record: &Record) -> Result<Outcome, StoreError> {
        let purses = Purses {
            transaction: self.transaction,
            row: self.terminal.id,
            terminal: self.terminal.terminal,
            store: &self.terminal.store,
            scheme: self.scheme,
            now: self.now,
        };
        let proof = self.proofs.and_then(|proofs| proofs.get(&sealed.seq));
        match purses.prepare(record, proof)? {
            Ok(prepared) => {
                let row = self.record(sealed, None)?;
                for case in purses.apply(prepared, row)? {
                    self.side_case(sealed, &case)?;
                }
                Ok(Outcome::Accepted)
            }
            Err(fault) => {
                let case = self.quarantine(sealed, &Fault::Purse(fault))?;
                purses.quarantined(record, signed(case))?;
                Ok(Outcome::Quarantined { case })
            }
        }
    }

    fn redemption(&self, record: i64, redemption: &Redemption) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO redemption (number, record, terminal, sale, at, amount, currency)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(failed)?
            .execute(params![
                redemption.number.as_str(),
                record,
                self.terminal.id,
                redemption.used.sale.bytes(),
                redemption.used.at.0,
                redemption.amount.minor(),
                redemption.amount.currency().code()
            ])
            .map_err(failed)?;
        Ok(())
    }

    fn shared_use(&self, record: i64, used: &SharedUse) -> Result<(), StoreError> {
        let redemption = &used.redemption;
        let serial = match used.shown {
            Shown::Signed { serial } => Some(signed(serial)),
            Shown::Everybodys | Shown::Open => None,
        };
        self.transaction
            .prepare_cached(
                "INSERT INTO shared_use (number, plan, record, terminal, sale, at, amount, currency, serial,
                     open)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )
            .map_err(failed)?
            .execute(params![
                redemption.number.as_str(),
                used.plan.as_str(),
                record,
                self.terminal.id,
                redemption.used.sale.bytes(),
                redemption.used.at.0,
                redemption.amount.minor(),
                redemption.amount.currency().code(),
                serial,
                used.shown == Shown::Open
            ])
            .map_err(failed)?;
        Ok(())
    }

    /// A coupon of no store that two tills took, the second before it was told: the sale stands as its till
    /// decided it, and a person hears of it.
    fn second_use(&self, sealed: &Sealed, second: &SecondUse) -> Result<(), StoreError> {
        let SecondUse {
            plan,
            redemption,
            before,
        } = second;
        let words = format!(
            "coupon {} of {plan} was used a second time, in sale {} for {}; before in store {} by terminal {} in sale {}",
            redemption.number,
            redemption.used.sale,
            redemption.amount,
            before.store,
            before.terminal,
            before.sale
        );
        let evidence = serde_json::json!({
            "coupon": redemption.number, "plan": plan, "used_before": before,
            "used": redemption.used, "amount": redemption.amount,
        });
        self.side_case(
            sealed,
            &SideCase {
                kind: "coupon_used_twice",
                words,
                evidence,
                about: None,
            },
        )
    }

    fn void(&self, record: i64, sale: SaleId) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("UPDATE sale SET voided_by = ?2 WHERE sale = ?1")
            .map_err(failed)?
            .execute(params![sale.bytes(), record])
            .map_err(failed)?;
        for freed in [
            "UPDATE redemption SET voided_by = ?2
             WHERE voided_by IS NULL AND record = (SELECT record FROM sale WHERE sale = ?1)",
            "UPDATE shared_use SET voided_by = ?2
             WHERE voided_by IS NULL AND record = (SELECT record FROM sale WHERE sale = ?1)",
        ] {
            self.transaction
                .prepare_cached(freed)
                .map_err(failed)?
                .execute(params![sale.bytes(), record])
                .map_err(failed)?;
        }
        Ok(())
    }
}
