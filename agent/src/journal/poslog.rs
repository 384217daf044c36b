//! The journal's sales in the trade's own words: POSLog 6.0 XML (ARTS, now the OMG's), for an ERP or an
//! auditor's program.
//!
//! It is a translation: the journal file ([`super::write`]) is what proves itself. Mapped are:
//!
//! | here | there, inside `Transaction` |
//! |---|---|
//! | store, till, record's number | `BusinessUnit/UnitID`, `WorkstationID`, `SequenceNumber` |
//! | sale; its void | `TransactionID`: the sale's id; the same with `-void`, and a `TransactionLink` to the sale |
//! | goods that came back | `TransactionID`: the return's id, `TransactionLink` to the sale; `LineItem/Return`: `ExtendedAmount` is what was paid back |
//! | who was signed in, who allowed a void or a return | `OperatorID` |
//! | line | `LineItem/Sale`: `RegularSalesUnitPrice` times `Quantity` less `ExtendedDiscountAmount` is `ExtendedAmount` |
//! | what a coupon or a rule took off a line | `RetailPriceModifier` of `MethodCode` `Coupon` or `Promotion` |
//! | coupon used; free again | `LineItem/Coupon`; with `UnusedFlag` |
//! | points of a rule | `LineItem/LoyaltyReward/PointsAwarded` |
//! | tender; paid back | `LineItem/Tender` of `TypeCode` `Sale`; `Refund`. E-money is `StoredValue`, a bank card `CreditDebit` |
//! | sum of the lines, taken off, to pay | `Total`: `TransactionSubtotal`, `DiscountAmount`, `TransactionGrandAmount` (below 0 for a void or a return) |
//! | member, card, all points | `Customer`, `LoyaltyAccount` |
//!
//! Not mapped, because POSLog has no words for it or it is no sale: refused coupons, bundles, shares,
//! movements of purses other than as tenders, cards, who funds what, when points may be spent, the chain of
//! hashes. Prices include tax, and its amount is not in the journal: only the tax class is told. Times are UTC.

mod record;
mod xml;

use std::io::Write;
use tillside_core::{Event, Record, TerminalProfile};
use tillside_store::{Store, StoreError, Stretch};
use xml::Xml;

/// The namespace of all elements (POSLog 6.0, `targetNamespace` of its schema).
const NAMESPACE: &str = "http://www.nrf-arts.org/IXRetail/namespace/";

/// Writes the sales, voids and returns of a stretch of a till's journal. Returns how many transactions were written.
///
/// # Errors
/// If the journal cannot be read or the file not written. Nothing is checked: see [`Store::verify`].
pub fn write_poslog(
    store: &Store,
    stretch: Option<Stretch>,
    to: &mut dyn Write,
) -> Result<u64, StoreError> {
    let till = store.profile().ok_or(StoreError::NotEnrolled)?;
    let mut xml = Xml::new(to);
    let failed = |source| StoreError::File {
        file: "the export".into(),
        source,
    };
    xml.begin_file().map_err(failed)?;
    let version = [
        ("xmlns", NAMESPACE),
        ("MajorVersion", "6"),
        ("MinorVersion", "0"),
        ("FixVersion", "0"),
    ];
    xml.open("POSLog", &version).map_err(failed)?;
    let mut transactions = 0;
    if let Some(stretch) = stretch {
        store.walk_history(&stretch, |sealed| {
            let record: Record = serde_json::from_str(&sealed.body)?;
            transactions += u64::from(transaction(&mut xml, till, &record)?);
            Ok(())
        })?;
    }
    xml.close("POSLog").map_err(failed)?;
    xml.end_file().map_err(failed)?;
    Ok(transactions)
}

/// Whether the record is a transaction; then it is written.
fn transaction(
    xml: &mut Xml<'_>,
    till: &TerminalProfile,
    record: &Record,
) -> std::io::Result<bool> {
    match &record.event {
        Event::SaleCompleted(sale) => record::sale(xml, till, record, sale)?,
        Event::SaleVoided(void) => record::void(xml, till, record, void)?,
        Event::GoodsReturned(goods) => record::goods(xml, till, record, goods)?,
        _ => return Ok(false),
    }
    Ok(true)
}
