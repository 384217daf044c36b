//! Manufacturers' coupons (AI 8110): booked with their sale, a second use of a serial number told to a
//! person, copies without one booked each.

use crate::fixture::Folder;
use crate::ingest::case_of;
use crate::journal::{Journal, Sale, outcomes};
use tillside_core::authority::RiskTaken;
use tillside_core::gs1::ShownCoupon;
use tillside_core::*;
use tillside_hq::cases::CaseStore;
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

/// 1.00 off one item of company 0614141; with a serial number if that is not 0.
fn digits(serial: u64) -> String {
    let behind = match serial {
        0 => String::new(),
        serial => format!("52{serial:08}"),
    };
    format!("106141416543213100110000{behind}")
}

/// A sale with one such coupon, whose fact says that it was shown in `shown_in`.
fn sale(number: u128, serial: u64) -> Sale {
    let store = StoreId::new("S1").unwrap();
    let blank = Sale::new(number).coupon("MFR00000", &store);
    blank.change(|sale| {
        let shown = ShownCoupon::new(&digits(serial), sale.sale).unwrap();
        let (number, plan) = (shown.number(), PlanId::new("ACME").unwrap());
        sale.coupons[0] = CouponRedeemed {
            number: number.clone(),
            plan: plan.clone(),
            proof: Proof::Risk {
                bundle: 1,
                cap: 20,
                taken: RiskTaken {
                    uses: 1,
                    amount: sale.discounts[0].amount,
                },
                coupon: Some(shown.text()),
            },
        };
        (sale.discounts[0].coupon, sale.discounts[0].plan) = (number, plan);
    })
}

#[tokio::test]
async fn a_use_counts_once_and_again_after_a_void() {
    let (folder, mut till, _): (Folder, Journal, Journal) = Folder::chain().await;
    let first = sale(1, 4711);
    till.append(first.event());
    till.append(first.void());
    till.append(sale(2, 4711).event());
    let response = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);
    let again = till.push(&folder.reopened(), &till.records).await;
    assert_eq!(outcomes(&again), vec![Outcome::AlreadyAccepted; 3]);
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.redemptions, counts.open_cases), (1, 0));
    let rows = folder.store.redemptions().await.unwrap();
    let voided: Vec<bool> = rows.iter().map(|row| row.voided).collect();
    assert_eq!(voided, [true, false]);
    assert!(rows.iter().all(|row| row.plan.as_str() == "ACME"));
}

#[tokio::test]
async fn a_second_use_of_a_serial_number_stands_in_its_sale_and_a_person_hears_of_it() {
    let (folder, mut first, mut second) = Folder::chain().await;
    first.append(sale(1, 4711).event());
    first.push(&folder.store, &first.records).await;
    second.append(sale(2, 4711).event());
    // Twice in one batch, and copies that nobody tells apart.
    second.append(sale(3, 4712).event());
    second.append(sale(4, 4712).event());
    second.append(sale(5, 0).event());
    second.append(sale(6, 0).event());
    let response = second.push(&folder.store, &second.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 5]);
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.sales, counts.redemptions), (6, 4));
    assert_eq!((counts.open_cases, counts.quarantined), (2, 0));
    let cases = folder.store.cases(true).await.unwrap();
    assert!(cases.iter().all(|case| case.kind == "coupon_used_twice"));
    let again = second.push(&folder.reopened(), &second.records).await;
    assert_eq!(outcomes(&again), vec![Outcome::AlreadyAccepted; 5]);
    assert_eq!(folder.store.counts().await.unwrap(), counts);
}

#[tokio::test]
async fn what_is_not_the_coupon_that_the_sale_names_is_a_case() {
    let (folder, mut till, _) = Folder::chain().await;
    let mut case = async |sale: Sale| case_of(&folder.store, &mut till, sale.event()).await.0;
    let with = |number: u128, serial: u64, text: String| {
        sale(number, serial).change(|sale| {
            if let Proof::Risk { coupon, .. } = &mut sale.coupons[0].proof {
                *coupon = Some(text);
            }
        })
    };
    let genuine = "coupon_not_genuine";
    let other = format!("(8110){}", digits(4712));
    assert_eq!(case(with(10, 4711, other)).await, genuine);
    let cut = format!("(8110){}", &digits(4711)[..20]);
    assert_eq!(case(with(11, 4711, cut)).await, genuine);
    // A copy that was shown in another sale.
    let elsewhere = sale(12, 0).change(|sale| sale.sale = SaleId::new(uuid::Uuid::from_u128(13)));
    assert_eq!(case(elsewhere).await, genuine);
    assert_eq!(folder.store.counts().await.unwrap().redemptions, 0);
}
