//! Numbers of no store in SQLite: how they come in, what is known of one, what tills are told.

use super::catalogue::Done;
use super::codec::{code, failed};
use super::tokens::{Kind, used};
use crate::coupons::OpenAtHq;
use crate::import::{BadCell, Change};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::{BTreeMap, HashSet};
use tillside_core::{CouponEntry, CouponNumber, OpenNumbers, PlanId, number_digest};

/// Issues a number to no store.
pub(super) fn issue(transaction: &Transaction<'_>, number: &CouponNumber, plan: &PlanId) -> Done {
    let holder: Option<String> = transaction
        .prepare_cached("SELECT store FROM coupon WHERE number = ?1")
        .map_err(failed)?
        .query_row([number.as_str()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if let Some(store) = holder {
        let words = format!("coupon {number} was issued to store {store}: use another number");
        return Ok(Err(BadCell::new("number", words)));
    }
    match plan_of(transaction, number)? {
        Some(held) if held != *plan => Ok(Err(BadCell::new(
            "number",
            format!("coupon {number} was issued under plan {held}: use another number"),
        ))),
        Some(_) => Ok(Ok(Change::Unchanged)),
        None => {
            transaction
                .prepare_cached("INSERT INTO open_coupon (number, plan) VALUES (?1, ?2)")
                .map_err(failed)?
                .execute([number.as_str(), plan.as_str()])
                .map_err(failed)?;
            Ok(Ok(Change::Added))
        }
    }
}

/// The plan of a number that was issued to no store.
pub(super) fn plan_of(
    transaction: &Transaction<'_>,
    number: &CouponNumber,
) -> Result<Option<PlanId>, StoreError> {
    let plan: Option<String> = transaction
        .prepare_cached("SELECT plan FROM open_coupon WHERE number = ?1")
        .map_err(failed)?
        .query_row([number.as_str()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    plan.map(|plan| code("coupon plan", plan)).transpose()
}

/// What is known of one that a sale names.
pub(super) fn at_hq(
    transaction: &Transaction<'_>,
    number: &CouponNumber,
) -> Result<Option<OpenAtHq>, StoreError> {
    let Some(plan) = plan_of(transaction, number)? else {
        return Ok(None);
    };
    let used = used(transaction, number, Kind::Open)?;
    Ok(Some(OpenAtHq { plan, used }))
}

/// What tills are told of the numbers of no store.
#[derive(Default)]
pub(super) struct Open {
    /// What any till may take.
    pub(super) numbers: Vec<OpenNumbers>,
    /// What was taken back.
    pub(super) revoked: Vec<CouponNumber>,
    /// How many were issued, of each plan that has any.
    pub(super) issued: BTreeMap<PlanId, u64>,
}

/// Of these plans. `told` are the uses that tills are told of; a number whose use is not among them is left
/// out, so that no till takes it.
pub(super) fn open<'a>(
    transaction: &Transaction<'_>,
    plans: impl Iterator<Item = &'a PlanId>,
    told: &[CouponEntry],
) -> Result<Open, StoreError> {
    let told: HashSet<&CouponNumber> = told.iter().map(|entry| &entry.number).collect();
    let mut list = transaction
        .prepare(
            "SELECT number, revoked_at IS NOT NULL, EXISTS (SELECT 1 FROM shared_use AS u
                 WHERE u.number = c.number AND u.open = 1 AND u.voided_by IS NULL)
             FROM open_coupon AS c WHERE plan = ?1",
        )
        .map_err(failed)?;
    let mut open = Open::default();
    for plan in plans {
        let (mut digests, mut issued) = (Vec::new(), 0);
        let mut rows = list.query([plan.as_str()]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            issued += 1;
            let number: CouponNumber = code("coupon number", row.get(0).map_err(failed)?)?;
            let (revoked, used): (bool, bool) =
                (row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
            match (used, revoked) {
                // What was used before it was taken back stays used: that is what the shopper is told.
                (true, _) if told.contains(&number) => digests.push(number_digest(&number)),
                (_, true) => open.revoked.push(number),
                (true, false) => {}
                (false, false) => digests.push(number_digest(&number)),
            }
        }
        if issued == 0 {
            continue;
        }
        digests.sort_unstable();
        open.issued.insert(plan.clone(), issued);
        open.numbers.push(OpenNumbers {
            plan: plan.clone(),
            digests,
        });
    }
    Ok(open)
}
