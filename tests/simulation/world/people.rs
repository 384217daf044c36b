//! Cashiers and shoppers.

use super::{MEMBERS, Planted, World};
use crate::leases::CODE;
use crate::oracle::{Back, Told};
use anyhow::{Context, Result, ensure};
use tillside_core::{MemberId, SaleId};

impl World {
    /// A sale from scan to receipt; the till may die before the cashier sees the answer, and is asked
    /// again then.
    pub(super) fn sells(&mut self, at: usize) -> Result<()> {
        let (quantity, price) = (1 + self.pick(3), 100 + self.pick(900));
        let sale =
            self.tills[at].open("sku:CUP-L", u32::try_from(quantity)?, i64::try_from(price)?)?;
        let here: Vec<_> = MEMBERS
            .iter()
            .filter(|member| member.2 == self.tills[at].home)
            .collect();
        let member = match self.chance.below(3) {
            0 => None,
            _ => Some(here[self.pick(here.len())]),
        };
        if let Some((_, card, _)) = member {
            self.tills[at].card(sale, card)?;
        }
        let coupon = match self.chance.below(2) {
            0 => None,
            // A disk that was put back does not know which numbers were used since.
            _ if self.disks.is_some() => None,
            // Now and then the other store's number.
            _ => Some(self.some_coupon(at)),
        };
        let mut used = None;
        if let Some((number, own)) = coupon {
            let valid = self.tills[at].coupon(sale, &number)?;
            let free = own && !self.oracle.used().contains(&number);
            ensure!(
                !valid || free,
                "{number} is taken twice, or in the wrong store"
            );
            used = valid.then_some(number);
        }
        let shared = self.disks.is_none() && self.chance.below(2) == 0 && {
            let (left, valid) = (
                self.tills[at].uses_left()?,
                self.tills[at].coupon(sale, CODE)?,
            );
            ensure!(!valid || left > 0, "{CODE} is given without a share");
            valid
        };
        let spent = match member {
            Some((number, ..)) if self.points_pay && self.chance.below(4) != 0 => {
                self.pays_with_points(at, sale, number)?
            }
            _ => 0,
        };
        let key = self.tills[at].key();
        let mut told = self.tills[at].check_out(&key, sale)?;
        if self.chance.below(5) == 0 {
            self.dies(at)?;
            let again = self.tills[at].check_out(&key, sale)?;
            ensure!(again == told, "asked again, the till says another thing");
            told = again;
        }
        let view = &told["sale"];
        let mut points = view["points"]["total"].as_i64().or(view["points"].as_i64());
        if self.planted == Planted::Boasts {
            points = points.map(|points| points + 1);
        }
        let points = points.with_context(|| format!("points in {view}"))?;
        self.note(format!(
            "{at} sells {quantity} x {price}, {points} points, {used:?}, shared {shared}, {spent} spent"
        ));
        if self.planted == Planted::Forgets && self.chance.below(10) == 0 {
            self.tills[at].void(sale)?;
        }
        let store = self.tills[at].desk()?.store();
        let recorded = store.recorded(sale)?.context("the sale is recorded")?;
        // The days are the record's; how many there are is what was told.
        let mut lots = recorded.sale.lots;
        let sum: i64 = lots.iter().map(|lot| lot.amount.0).sum();
        if let Some(lot) = lots.first_mut() {
            lot.amount.0 += points - sum;
        }
        self.oracle.sales.push(Told {
            till: at,
            sale,
            member: member.map(|(number, ..)| ((*number).to_owned(), points)),
            lots,
            at: recorded.sale.at,
            seq: recorded.seq,
            void_seq: None,
            spent,
            returns: Vec::new(),
            coupon: used,
            shared,
            voided: false,
            touched: self.steps,
            doubted: false,
            copied: false,
        });
        Ok(())
    }

    pub(super) fn hq_member(&self, number: &str) -> Result<MemberId> {
        self.members.get(number).copied().context("a member")
    }

    /// Some of the member's points, now and then more than the till may spend.
    fn pays_with_points(&mut self, at: usize, sale: SaleId, number: &str) -> Result<i64> {
        let member = self.hq_member(number)?;
        let left = i64::try_from(self.tills[at].points_left(member)?)?;
        let points = 1 + i64::try_from(self.pick(usize::try_from(left)? + 3))?;
        let pays = self.tills[at].pay_with_points(sale, points)?;
        ensure!(
            !pays || points <= left,
            "{points} points pay, and the till may spend {left}"
        );
        Ok(if pays { points } else { 0 })
    }

    /// A number, and whether it is this store's own.
    pub(super) fn some_coupon(&mut self, at: usize) -> (String, bool) {
        let own = self.chance.below(5) != 0;
        let store = if own {
            at
        } else {
            (at + 1) % self.coupons.len()
        };
        // Few of them, so that they are shown again.
        let number = self.pick(6.min(self.coupons[store].len()));
        (self.coupons[store][number].clone(), own)
    }

    pub(super) fn voids(&mut self, at: usize) -> Result<()> {
        let may = |sale: &usize| {
            let told = &self.oracle.sales[*sale];
            told.till == at && !told.voided && !told.doubted && !told.copied
        };
        let open: Vec<usize> = (0..self.oracle.sales.len()).filter(may).collect();
        if open.is_empty() {
            return Ok(());
        }
        let which = open[self.pick(open.len())];
        let sale = self.oracle.sales[which].sale;
        let done = self.tills[at].void(sale)?;
        ensure!(
            !done || self.oracle.sales[which].returns.is_empty(),
            "a sale of which goods came back is voided"
        );
        self.oracle.sales[which].voided = done;
        let head = self.tills[at].view()?.head.seq;
        self.oracle.sales[which].void_seq = done.then_some(head);
        self.oracle.sales[which].touched = self.steps;
        self.note(format!("{at} voids {which}: {done}"));
        Ok(())
    }

    /// Goods come back, also more than there are: those the till refuses. Where disks are restored nobody knows
    /// which returns are lost, and there are none.
    pub(super) fn returns(&mut self, at: usize) -> Result<()> {
        let sold: Vec<usize> = (0..self.oracle.sales.len())
            .filter(|sale| self.oracle.sales[*sale].till == at)
            .collect();
        if sold.is_empty() || self.disks.is_some() {
            return Ok(());
        }
        // More of the same comes back, too.
        let again = sold.iter().copied();
        let again: Vec<usize> = again
            .filter(|sale| !self.oracle.sales[*sale].returns.is_empty())
            .collect();
        let from = match again.is_empty() || self.chance.below(2) == 0 {
            true => &sold,
            false => &again,
        };
        let which = from[self.pick(from.len())];
        let told = &self.oracle.sales[which];
        let (sale, voided) = (told.sale, told.voided);
        let quantity = 1 + u32::try_from(self.chance.below(2))?;
        let done = self.tills[at].take_goods_back(sale, quantity)?;
        self.note(format!("{at} takes {quantity} of {which} back: {done}"));
        if !done {
            return Ok(());
        }
        ensure!(!voided, "goods of a voided sale came back");
        let head = self.tills[at].view()?.head.seq;
        let store = self.tills[at].desk()?.store();
        let recorded = store.recorded(sale)?.context("the sale is recorded")?;
        let goods = recorded.returns.last().context("the return is recorded")?;
        let told = &mut self.oracle.sales[which];
        let points = goods.tenders.iter().filter_map(|paid| paid.points.as_ref());
        told.returns.push(Back {
            seq: head,
            lots: goods.lots.clone(),
            points: points.map(|spent| spent.points.0).sum(),
        });
        told.touched = self.steps;
        Ok(())
    }
}
