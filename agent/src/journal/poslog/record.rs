//! One sale, void or return as a `Transaction`.

use super::xml::Xml;
use std::io::{Error, Result};
use tillside_core::{
    Customer, GoodsReturned, Item, Line, Money, PersonId, Points, Record, SaleCompleted,
    SaleVoided, Tender, TenderKind, TerminalProfile, Timestamp,
};

pub(super) fn sale(
    xml: &mut Xml<'_>,
    till: &TerminalProfile,
    record: &Record,
    sale: &SaleCompleted,
) -> Result<()> {
    xml.open("Transaction", &[("TypeCode", "SaleTransaction")])?;
    let id = sale.sale.to_string();
    head(xml, till, (record, sale.lane.as_str()), &id)?;
    operator(xml, "Cashier", &sale.cashier)?;
    xml.text("CurrencyCode", &[], sale.currency.code())?;
    xml.open("RetailTransaction", &[("TransactionStatus", "Finished")])?;
    let mut lines = Lines(0);
    for (index, line) in (0..).zip(&sale.lines) {
        lines.put(xml, |xml| sold(xml, sale, index, line))?;
    }
    for coupon in &sale.coupons {
        lines.put(xml, |xml| {
            xml.open("Coupon", &[])?;
            xml.text("PromotionCode", &[], coupon.plan.as_str())?;
            xml.text("ScanCode", &[], &coupon.number.to_string())?;
            xml.close("Coupon")
        })?;
    }
    for award in &sale.awards {
        lines.put(xml, |xml| {
            xml.open("LoyaltyReward", &[("TypeCode", "Award")])?;
            xml.text("PromotionID", &[], award.rule.as_str())?;
            points(xml, "PointsAwarded", "PointsEarned", award.points)?;
            xml.text("PromotionMessage", &[], &award.why)?;
            xml.close("LoyaltyReward")
        })?;
    }
    for tender in &sale.tenders {
        lines.put(xml, |xml| paid(xml, "Sale", tender))?;
    }
    let off = sale
        .subtotal
        .checked_sub(sale.total)
        .map_err(Error::other)?;
    total(xml, "TransactionSubtotal", sale.subtotal)?;
    total(xml, "DiscountAmount", off)?;
    total(xml, "TransactionGrandAmount", sale.total)?;
    let earned = sale.lots.iter().map(|lot| lot.amount.0).sum();
    customer(xml, sale.customer.as_ref(), "PointsEarned", Points(earned))?;
    xml.close("RetailTransaction")?;
    tail(xml, sale.date, sale.at)
}

pub(super) fn void(
    xml: &mut Xml<'_>,
    till: &TerminalProfile,
    record: &Record,
    void: &SaleVoided,
) -> Result<()> {
    xml.open("Transaction", &[("TypeCode", "ReturnTransaction")])?;
    let id = format!("{}-void", void.sale);
    head(xml, till, (record, till.lane.as_str()), &id)?;
    operator(xml, "Cashier", &void.cashier)?;
    operator(xml, "Manager", &void.approved_by)?;
    let currency = till.profile.currency;
    xml.text("CurrencyCode", &[], currency.code())?;
    xml.open("RetailTransaction", &[("TransactionStatus", "PostVoided")])?;
    let mut lines = Lines(0);
    for number in &void.coupons {
        lines.put(xml, |xml| {
            xml.open("Coupon", &[("UnusedFlag", "true")])?;
            xml.text("ScanCode", &[], &number.to_string())?;
            xml.close("Coupon")
        })?;
    }
    for tender in &void.tenders {
        lines.put(xml, |xml| paid(xml, "Refund", tender))?;
    }
    let back = void.tenders.iter().map(|tender| tender.amount);
    let back = back.map(Money::minor).sum::<i64>();
    let back = Money::new(-back, currency).map_err(Error::other)?;
    total(xml, "TransactionGrandAmount", back)?;
    let taken = void.lots.iter().map(|lot| lot.amount.0).sum();
    customer(xml, void.customer.as_ref(), "Reversal", Points(taken))?;
    xml.open("TransactionLink", &[("ReasonCode", "Voided")])?;
    xml.text("TransactionID", &[], &void.sale.to_string())?;
    xml.close("TransactionLink")?;
    xml.text("Reason", &[], &void.reason)?;
    xml.text("ManagerApproval", &[], "true")?;
    xml.close("RetailTransaction")?;
    tail(xml, void.date, record.at)
}

pub(super) fn goods(
    xml: &mut Xml<'_>,
    till: &TerminalProfile,
    record: &Record,
    goods: &GoodsReturned,
) -> Result<()> {
    xml.open("Transaction", &[("TypeCode", "ReturnTransaction")])?;
    head(
        xml,
        till,
        (record, goods.lane.as_str()),
        &goods.id.to_string(),
    )?;
    operator(xml, "Cashier", &goods.cashier)?;
    operator(xml, "Manager", &goods.approved_by)?;
    let currency = goods.total.currency();
    xml.text("CurrencyCode", &[], currency.code())?;
    xml.open("RetailTransaction", &[("TransactionStatus", "Finished")])?;
    let mut lines = Lines(0);
    for line in &goods.lines {
        lines.put(xml, |xml| {
            xml.open("Return", &[])?;
            identity(xml, &line.item)?;
            xml.text("Description", &[], &line.name)?;
            xml.amount("ExtendedAmount", &[], line.paid)?;
            xml.text("Quantity", &[], &line.quantity.to_string())?;
            xml.close("Return")
        })?;
    }
    for tender in &goods.tenders {
        lines.put(xml, |xml| paid(xml, "Refund", tender))?;
    }
    let back = Money::new(-goods.total.minor(), currency).map_err(Error::other)?;
    total(xml, "TransactionGrandAmount", back)?;
    let taken = goods.lots.iter().map(|lot| lot.points.0).sum();
    customer(xml, goods.customer.as_ref(), "Reversal", Points(taken))?;
    xml.open("TransactionLink", &[("ReasonCode", "Return")])?;
    xml.text("TransactionID", &[], &goods.sale.to_string())?;
    xml.close("TransactionLink")?;
    xml.text("Reason", &[], &goods.reason)?;
    xml.text("ManagerApproval", &[], "true")?;
    xml.close("RetailTransaction")?;
    tail(xml, goods.date, goods.at)
}

/// The line items of a transaction, numbered from 1.
struct Lines(u64);

impl Lines {
    fn put<'a>(
        &mut self,
        xml: &mut Xml<'a>,
        what: impl FnOnce(&mut Xml<'a>) -> Result<()>,
    ) -> Result<()> {
        self.0 += 1;
        xml.open("LineItem", &[])?;
        what(xml)?;
        xml.text("SequenceNumber", &[], &self.0.to_string())?;
        xml.close("LineItem")
    }
}

fn head(
    xml: &mut Xml<'_>,
    till: &TerminalProfile,
    (record, lane): (&Record, &str),
    id: &str,
) -> Result<()> {
    xml.open("BusinessUnit", &[])?;
    let name = [("Name", till.profile.name.as_str())];
    xml.text("UnitID", &name, till.profile.store.as_str())?;
    xml.close("BusinessUnit")?;
    let terminal = record.terminal.to_string();
    let serial = [("TypeCode", "POS"), ("SerialNumber", terminal.as_str())];
    xml.text("WorkstationID", &serial, lane)?;
    xml.text("SequenceNumber", &[], &record.seq.to_string())?;
    xml.text("TransactionID", &[], id)
}

fn operator(xml: &mut Xml<'_>, kind: &str, person: &PersonId) -> Result<()> {
    xml.text("OperatorID", &[("OperatorType", kind)], person.as_str())
}

fn tail(xml: &mut Xml<'_>, date: jiff::civil::Date, at: Timestamp) -> Result<()> {
    let at = jiff::Timestamp::from_millisecond(at.0).map_err(Error::other)?;
    xml.text("BusinessDayDate", &[], &date.to_string())?;
    xml.text("EndDateTime", &[], &at.to_string())?;
    xml.close("Transaction")
}

/// What coupons and rules took off a line, each with its name and why.
fn taken_off(sale: &SaleCompleted, index: u32) -> Vec<(&'static str, &str, i64, &str)> {
    let of = |spread: &[(u32, i64)]| -> i64 {
        let here = spread.iter().filter(|(line, _)| *line == index);
        here.map(|(_, minor)| minor).sum()
    };
    let coupons = sale.discounts.iter().map(|discount| {
        let off = of(&discount.spread);
        ("Coupon", discount.plan.as_str(), off, discount.why.as_str())
    });
    let rules = sale.promotions.iter().map(|promotion| {
        let off = of(&promotion.spread);
        (
            "Promotion",
            promotion.rule.as_str(),
            off,
            promotion.why.as_str(),
        )
    });
    coupons
        .chain(rules)
        .filter(|(.., off, _)| *off != 0)
        .collect()
}

fn sold(xml: &mut Xml<'_>, sale: &SaleCompleted, index: u32, line: &Line) -> Result<()> {
    let money = |minor| Money::new(minor, sale.currency).map_err(Error::other);
    let whole = line.subtotal().map_err(Error::other)?;
    let taken = taken_off(sale, index);
    let off = money(taken.iter().map(|(.., off, _)| off).sum())?;
    xml.open("Sale", &[])?;
    identity(xml, &line.item)?;
    if let Some(category) = &line.category {
        xml.text(
            "MerchandiseHierarchy",
            &[("Level", "Group")],
            category.as_str(),
        )?;
    }
    xml.text("Description", &[], &line.name)?;
    xml.amount("RegularSalesUnitPrice", &[], line.unit_price)?;
    xml.amount(
        "ExtendedAmount",
        &[],
        whole.checked_sub(off).map_err(Error::other)?,
    )?;
    if !taken.is_empty() {
        xml.amount("ExtendedDiscountAmount", &[], off)?;
    }
    xml.text("Quantity", &[], &line.quantity.to_string())?;
    for (number, (method, from, off, why)) in (1..).zip(taken) {
        let number: u32 = number;
        xml.open("RetailPriceModifier", &[("MethodCode", method)])?;
        xml.text("SequenceNumber", &[], &number.to_string())?;
        xml.amount("Amount", &[("Action", "Subtract")], money(off)?)?;
        xml.text("PromotionID", &[], from)?;
        xml.text("Description", &[], why)?;
        xml.close("RetailPriceModifier")?;
    }
    xml.open("Tax", &[])?;
    xml.text("TaxGroupID", &[], line.tax_class.as_str())?;
    xml.close("Tax")?;
    xml.close("Sale")
}

fn identity(xml: &mut Xml<'_>, item: &Item) -> Result<()> {
    let (kind, number) = match item {
        Item::Gtin(gtin) => ("GTIN", gtin.to_string()),
        Item::Sku(sku) => ("SKU", sku.to_string()),
    };
    xml.open("POSIdentity", &[("POSIDType", kind)])?;
    xml.text("POSItemID", &[], &number)?;
    xml.close("POSIdentity")
}

fn paid(xml: &mut Xml<'_>, direction: &str, tender: &Tender) -> Result<()> {
    let kind = match tender.kind {
        TenderKind::Cash => "Cash",
        TenderKind::Card => "CreditDebit",
        // It has no word for points.
        TenderKind::Purse | TenderKind::Points => "StoredValue",
        _ => return Err(Error::other("a tender that this program does not know")),
    };
    xml.open("Tender", &[("TenderType", kind), ("TypeCode", direction)])?;
    xml.amount("Amount", &[], tender.amount)?;
    xml.close("Tender")
}

fn total(xml: &mut Xml<'_>, kind: &str, amount: Money) -> Result<()> {
    let currency = amount.currency();
    let attributes = [("TotalType", kind), ("CurrencyCode", currency.code())];
    xml.amount("Total", &attributes, amount)
}

fn points(xml: &mut Xml<'_>, name: &str, kind: &str, points: Points) -> Result<()> {
    xml.text(name, &[("Type", kind)], &points.0.to_string())
}

fn customer(xml: &mut Xml<'_>, who: Option<&Customer>, kind: &str, all: Points) -> Result<()> {
    let Some(who) = who else {
        return Ok(());
    };
    let member = who.member.map(|member| member.to_string());
    if let Some(member) = &member {
        xml.open("Customer", &[])?;
        xml.text("CustomerID", &[], member)?;
        xml.close("Customer")?;
    }
    xml.open("LoyaltyAccount", &[])?;
    if let Some(member) = &member {
        xml.text("CustomerID", &[], member)?;
    }
    xml.open("LoyaltyAccount", &[])?;
    points(xml, "Points", kind, all)?;
    xml.close("LoyaltyAccount")?;
    if let Some(card) = &who.card {
        xml.open("LoyaltyCard", &[])?;
        xml.text("PrimaryAccountNumber", &[], card.as_str())?;
        xml.close("LoyaltyCard")?;
    }
    xml.close("LoyaltyAccount")
}
