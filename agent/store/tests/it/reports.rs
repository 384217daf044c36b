//! What the store manager sees of a day.

use crate::shop::*;
use jiff::civil::date;
use tillside_core::*;

#[test]
fn a_day_is_told_in_sales_redemptions_voids_and_totals() {
    let (_shop, mut store) = Shop::open();
    let today = date(2026, 11, 22);
    sell(&mut store, 1, Some(1), &["AAAA1"]);
    sell(&mut store, 2, None, &["BBBB2"]);
    void(&mut store, 2);
    let mut stranger = check_out(3, 2, None, &[]);
    stranger.customer = Some(Customer {
        card: Some(card("uid:04FFFFFFFFFF01")),
        member: None,
    });
    let now = store.now(AFTERNOON);
    let events = decide_sale(&store, stranger, now).unwrap();
    store.commit(&events, now, None, None).unwrap();
    let refused = Event::CouponRefused(CouponRefused {
        sale: sale_id(4),
        lane: lane(),
        cashier: anna(),
        date: today,
        number: number("GONE1"),
        verdict: Verdict::Revoked,
    });
    store.commit(&[refused], now, None, None).unwrap();
    let tomorrow = store.now(Timestamp(AFTERNOON.0 + DAY_MS));
    let events = decide_sale(&store, check_out(5, 1, None, &[]), tomorrow).unwrap();
    store.commit(&events, tomorrow, None, None).unwrap();
    store.confirm(1, &[1, 2], None).unwrap();

    let sales = store.sales_on(today).unwrap();
    let told: Vec<_> = sales
        .iter()
        .map(|s| (s.sale, s.total.minor(), s.coupons, s.voided, s.unconfirmed))
        .collect();
    assert_eq!(
        told,
        [
            (sale_id(1), 800, 1, false, false),
            (sale_id(2), 800, 1, true, true),
            (sale_id(3), 2000, 0, false, true),
        ]
    );
    assert_eq!(
        (sales[0].member, sales[0].points),
        (Some(member_id(1)), Points(16))
    );
    assert_eq!((sales[0].discount, sales[0].at), (eur(200), AFTERNOON));
    assert_eq!(sales[2].unknown_card, Some(card("uid:04FFFFFFFFFF01")));

    let shown = store.redemptions_on(today).unwrap();
    let told: Vec<_> = shown
        .iter()
        .map(|r| {
            (
                r.number.as_str(),
                r.verdict.is_valid(),
                r.voided,
                r.unconfirmed,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("AAAA1", true, false, false),
            ("BBBB2", true, true, true),
            ("GONE1", false, false, true),
        ]
    );
    let proof = Proof::StoreBound {
        store: StoreId::new("S1").unwrap(),
        bundle: 1,
    };
    assert_eq!(shown[0].verdict, Verdict::Valid { proof });
    assert_eq!(shown[0].amount, Some(eur(200)));
    assert_eq!(shown[2].verdict, Verdict::Revoked);

    let voids = store.voids_on(today).unwrap();
    assert_eq!(voids.len(), 1);
    assert_eq!(
        (voids[0].void.sale, voids[0].void.reason.as_str()),
        (sale_id(2), "wrong basket")
    );
    assert!(voids[0].unconfirmed);

    let recorded = |n| store.recorded(sale_id(n)).unwrap();
    let voided = recorded(2).unwrap();
    assert_eq!(voided.void.as_ref(), Some(&voids[0].void));
    assert_eq!((voided.seq, voided.unconfirmed), (3, true));
    let plain = recorded(1).unwrap();
    assert_eq!((plain.void, plain.unconfirmed), (None, false));
    assert_eq!(plain.sale.total, eur(800));
    assert_eq!(recorded(4), None);

    let totals = store.totals_on(today).unwrap();
    assert_eq!(totals.len(), 1);
    assert_eq!(
        (totals[0].sales, totals[0].total, totals[0].discount),
        (2, eur(2800), eur(200))
    );
    assert_eq!((totals[0].voided, totals[0].voided_total), (1, eur(800)));
    assert_eq!((totals[0].points, totals[0].coupons), (Points(16 + 40), 1));
    assert_eq!(store.sales_on(date(2026, 11, 23)).unwrap().len(), 1);
    assert!(store.totals_on(date(2026, 11, 24)).unwrap().is_empty());
}
