"""Reads a POSLog file with Python's own parser, and prints what a bookkeeper adds up."""
import json
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal

N = "{http://www.nrf-arts.org/IXRetail/namespace/}"


def minor(element):
    return int(Decimal(element.text) * 100)


def total(sale, kind):
    found = [minor(t) for t in sale.findall(N + "Total") if t.get("TotalType") == kind]
    return found[0] if found else None


def read(transaction):
    sale = transaction.find(N + "RetailTransaction")
    lines = []
    for item in sale.iter(N + "Sale"):
        off = [minor(m.find(N + "Amount")) for m in item.findall(N + "RetailPriceModifier")]
        told = item.find(N + "ExtendedDiscountAmount")
        lines.append({
            "item": item.find(f"{N}POSIdentity/{N}POSItemID").text,
            "unit_price": minor(item.find(N + "RegularSalesUnitPrice")),
            "quantity": int(item.find(N + "Quantity").text),
            "off": off,
            "off_told": 0 if told is None else minor(told),
            "extended": minor(item.find(N + "ExtendedAmount")),
        })
    link = sale.find(f"{N}TransactionLink/{N}TransactionID")
    reason = sale.find(N + "Reason")
    return {
        "id": transaction.find(N + "TransactionID").text,
        "seq": int(transaction.find(N + "SequenceNumber").text),
        "store": transaction.find(f"{N}BusinessUnit/{N}UnitID").text,
        "operators": [o.text for o in transaction.findall(N + "OperatorID")],
        "date": transaction.find(N + "BusinessDayDate").text,
        "status": sale.get("TransactionStatus"),
        "lines": lines,
        "numbers": [int(n.text) for n in sale.findall(f"{N}LineItem/{N}SequenceNumber")],
        "returned": [{
            "item": item.find(f"{N}POSIdentity/{N}POSItemID").text,
            "quantity": int(item.find(N + "Quantity").text),
            "extended": minor(item.find(N + "ExtendedAmount")),
        } for item in sale.iter(N + "Return")],
        "coupons": [c.text for c in sale.iter(N + "ScanCode")],
        "awarded": sum(int(p.text) for p in sale.iter(N + "PointsAwarded")),
        "points": [(p.get("Type"), int(p.text)) for p in sale.iter(N + "Points")],
        "members": [c.text for c in sale.findall(f"{N}Customer/{N}CustomerID")],
        "tenders": [(t.get("TypeCode"), t.get("TenderType"), minor(t.find(N + "Amount")))
                    for t in sale.iter(N + "Tender")],
        "subtotal": total(sale, "TransactionSubtotal"),
        "discount": total(sale, "DiscountAmount"),
        "total": total(sale, "TransactionGrandAmount"),
        "link": None if link is None else link.text,
        "reason": None if reason is None else reason.text,
    }


root = ET.parse(sys.argv[1]).getroot()
assert root.tag == N + "POSLog" and root.get("MajorVersion") == "6", root.tag
json.dump([read(transaction) for transaction in root.findall(N + "Transaction")], sys.stdout)
