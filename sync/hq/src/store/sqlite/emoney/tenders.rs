//! The movements that sales count as their payment, in SQLite.
//!
//! A row waits, stands or is wrong. It is judged when the sale is booked, and again whenever its movement
//! ends or is given up. What is wrong has a case; the sale is booked all the same.

use super::movement;
use super::report::timeout;
use crate::emoney::Scheme;
use crate::emoney::tender::{Judgement, Paid, TenderFault, judge};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, count, failed};
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{Money, PurseTx, SaleId, Tender, TenderKind, Timestamp};

/// One sale on its way into the database.
pub(in crate::store::sqlite) struct Counting<'a> {
    pub(in crate::store::sqlite) transaction: &'a Transaction<'a>,
    pub(in crate::store::sqlite) scheme: Option<&'a Scheme>,
    /// The row of the terminal.
    pub(in crate::store::sqlite) terminal: i64,
    /// The row of the sale's record.
    pub(in crate::store::sqlite) record: i64,
    pub(in crate::store::sqlite) now: Timestamp,
}

/// A sale's claim that a movement paid for it.
struct Claim {
    sale: SaleId,
    part: i64,
    record: i64,
    txid: PurseTx,
    minor: i64,
    /// The case that was opened when it had waited too long.
    case: Option<i64>,
}

impl Counting<'_> {
    /// Counts what the sale says of e-money.
    pub(in crate::store::sqlite) fn sale(
        &self,
        sale: SaleId,
        tenders: &[Tender],
    ) -> Result<(), StoreError> {
        for (part, tender) in (0..).zip(tenders) {
            let judgement = self.judge(sale, tender)?;
            let (state, case) = match &judgement {
                Judgement::Stands => ("stands", None),
                Judgement::Waits => ("waits", None),
                Judgement::Wrong(fault) => ("wrong", Some(self.case(sale, tender, fault)?)),
            };
            self.transaction
                .prepare_cached(
                    "INSERT INTO sale_tender (sale, part, record, txid, minor, state, since, case_id)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )
                .map_err(failed)?
                .execute(params![
                    sale.bytes(),
                    part,
                    self.record,
                    tender.purse.map(|txid| *txid.bytes()),
                    tender.amount.minor(),
                    state,
                    self.now.0,
                    case
                ])
                .map_err(failed)?;
        }
        Ok(())
    }

    fn judge(&self, sale: SaleId, tender: &Tender) -> Result<Judgement, StoreError> {
        let wrong = |fault| Ok(Judgement::Wrong(fault));
        let Some(scheme) = self.scheme else {
            return wrong(TenderFault::NoScheme(sale));
        };
        let Some(txid) = tender.purse.filter(|_| tender.kind == TenderKind::Purse) else {
            return wrong(TenderFault::Unnamed(sale));
        };
        if let Some(before) = counted(self.transaction, txid)? {
            return wrong(TenderFault::Twice { sale, txid, before });
        }
        if tender.amount.currency() != scheme.scheme.currency {
            let what = "it is in another currency";
            return wrong(TenderFault::Differs { sale, txid, what });
        }
        let mut paid = paid(self.transaction, scheme, self.terminal, txid)?;
        if let Some(paid) = &mut paid {
            paid.given_back = given_back_before(self.transaction, txid)?;
        }
        Ok(judge(sale, txid, tender.amount, paid.as_ref()))
    }

    fn case(&self, sale: SaleId, tender: &Tender, fault: &TenderFault) -> Result<i64, StoreError> {
        let (txid, minor) = (tender.purse, tender.amount.minor());
        open_case(
            self.transaction,
            self.record,
            sale,
            txid,
            minor,
            fault,
            self.now,
        )
    }
}

/// The sale that counts a movement already.
fn counted(transaction: &Transaction<'_>, txid: PurseTx) -> Result<Option<SaleId>, StoreError> {
    let found: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT sale FROM sale_tender WHERE txid = ?1 AND state <> 'wrong'")
        .map_err(failed)?
        .query_row([txid.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.map(SaleId::read))
}

/// The movement as the sale's till may count it.
fn paid(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    terminal: i64,
    txid: PurseTx,
) -> Result<Option<Paid>, StoreError> {
    let Some(found) = movement::find(transaction, txid)? else {
        return Ok(None);
    };
    let amount = Money::new(found.minor, scheme.scheme.currency);
    Ok(Some(Paid {
        action: found.action,
        amount: amount.map_err(|_| StoreError::Unreadable { what: "amount" })?,
        sale: found.sale,
        same_terminal: found.terminal == terminal,
        ended: found.ended,
        given_up: found.given_up,
        given_back: false,
    }))
}

/// Whether the till's journal says that it began to give a payment back. What HQ alone knows of may have
/// been begun after the sale, which is still on its way.
fn given_back_before(transaction: &Transaction<'_>, txid: PurseTx) -> Result<bool, StoreError> {
    transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM purse_movement
                 WHERE of_txid = ?1 AND intended IS NOT NULL AND ended IS NOT 'not_done')",
        )
        .map_err(failed)?
        .query_row([txid.bytes()], |row| row.get(0))
        .map_err(failed)
}

/// A movement ended: the sale that waits for it is judged.
pub(super) fn ended(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    now: Timestamp,
) -> Result<(), StoreError> {
    again(transaction, txid, "waits", now)
}

/// A movement was given up: the sale that counts it, if any, is wrong.
pub(super) fn given_up(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    now: Timestamp,
) -> Result<(), StoreError> {
    again(transaction, txid, "waits", now)?;
    again(transaction, txid, "stands", now)
}

fn again(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    state: &'static str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let claims = claims(
        transaction,
        "txid = ?1 AND state = ?2",
        params![txid.bytes(), state],
    )?;
    if claims.is_empty() {
        return Ok(());
    }
    let Some(scheme) = super::scheme(transaction)? else {
        return Ok(());
    };
    for claim in claims {
        let terminal: i64 = transaction
            .prepare_cached("SELECT terminal FROM record WHERE id = ?1")
            .map_err(failed)?
            .query_row([claim.record], |row| row.get(0))
            .map_err(failed)?;
        let told = Money::new(claim.minor, scheme.scheme.currency)
            .map_err(|_| StoreError::Unreadable { what: "amount" })?;
        let paid = paid(transaction, &scheme, terminal, txid)?;
        match judge(claim.sale, txid, told, paid.as_ref()) {
            Judgement::Waits => {}
            Judgement::Stands => stands(transaction, &claim, now)?,
            Judgement::Wrong(fault) => {
                let case = claim.case(transaction, &fault, now)?;
                keep(transaction, &claim, "wrong", Some(case))?;
            }
        }
    }
    Ok(())
}

/// What had waited too long needs nobody any more.
fn stands(transaction: &Transaction<'_>, claim: &Claim, now: Timestamp) -> Result<(), StoreError> {
    if let Some(case) = claim.case {
        transaction
            .prepare_cached(
                "UPDATE cases SET closed_at = ?2, note = 'the payment turned out to have happened'
                 WHERE id = ?1 AND closed_at IS NULL",
            )
            .map_err(failed)?
            .execute(params![case, now.0])
            .map_err(failed)?;
    }
    keep(transaction, claim, "stands", claim.case)
}

/// Opens a case for each sale that waits too long to hear how its payment ended. How many.
pub(super) fn time_out(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let overdue = claims(
        transaction,
        "state = 'waits' AND case_id IS NULL AND since < ?1",
        [timeout(scheme, now)],
    )?;
    for claim in &overdue {
        let fault = TenderFault::TimedOut {
            sale: claim.sale,
            txid: claim.txid,
            days: scheme.timeout_days,
        };
        let case = claim.case(transaction, &fault, now)?;
        keep(transaction, claim, "waits", Some(case))?;
    }
    Ok(count(overdue.len() as i64))
}

impl Claim {
    fn case(
        &self,
        transaction: &Transaction<'_>,
        fault: &TenderFault,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let txid = Some(self.txid);
        open_case(
            transaction,
            self.record,
            self.sale,
            txid,
            self.minor,
            fault,
            now,
        )
    }
}

fn claims(
    transaction: &Transaction<'_>,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Claim>, StoreError> {
    let sql = format!(
        "SELECT sale, part, record, txid, minor, case_id FROM sale_tender
         WHERE txid IS NOT NULL AND {rest} ORDER BY since, sale, part"
    );
    let mut list = transaction.prepare_cached(&sql).map_err(failed)?;
    let rows = list.query_map(values, |row| {
        Ok(Claim {
            sale: SaleId::read(row.get(0)?),
            part: row.get(1)?,
            record: row.get(2)?,
            txid: PurseTx::new(row.get(3)?),
            minor: row.get(4)?,
            case: row.get(5)?,
        })
    });
    rows.map_err(failed)?
        .collect::<Result<_, _>>()
        .map_err(failed)
}

fn keep(
    transaction: &Transaction<'_>,
    claim: &Claim,
    state: &'static str,
    case: Option<i64>,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE sale_tender SET state = ?3, case_id = ?4 WHERE sale = ?1 AND part = ?2",
        )
        .map_err(failed)?
        .execute(params![claim.sale.bytes(), claim.part, state, case])
        .map_err(failed)?;
    Ok(())
}

/// A case with the sale's record and, as evidence, what HQ has of the movement.
fn open_case(
    transaction: &Transaction<'_>,
    record: i64,
    sale: SaleId,
    txid: Option<PurseTx>,
    minor: i64,
    fault: &TenderFault,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let known = match txid {
        Some(txid) => movement::find(transaction, txid)?,
        None => None,
    };
    let evidence = serde_json::json!({
        "sale": sale,
        "tender": { "movement": txid, "minor": minor },
        "movement": known.map(|known| serde_json::json!({
            "txid": known.txid,
            "action": known.action.as_str(),
            "sale": known.sale,
            "store": known.store,
            "minor": known.minor,
            "ended": known.ended,
            "ended_by": known.ended_by,
            "given_up": known.given_up,
        })),
    });
    transaction
        .prepare_cached(
            "INSERT INTO cases (kind, terminal, epoch, seq, opened_at, words, evidence)
             SELECT ?2, terminal, epoch, seq, ?3, ?4, ?5 FROM record WHERE id = ?1",
        )
        .map_err(failed)?
        .execute(params![
            record,
            fault.kind(),
            now.0,
            fault.to_string(),
            evidence.to_string()
        ])
        .map_err(failed)?;
    Ok(transaction.last_insert_rowid())
}
