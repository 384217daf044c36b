//! Lease messages: their JSON for good, and what is refused before anybody looks at it.
#![allow(clippy::unwrap_used)]

use tillside_core::authority::*;
use tillside_core::{CampaignId, TerminalId, Timestamp};
use tillside_protocol::*;

/// A UUID's last digits, as JSON.
fn uuid(n: u128) -> String {
    format!("\"00000000-0000-0000-0000-{n:012x}\"")
}

fn terminal(n: u128) -> TerminalId {
    serde_json::from_str(&uuid(n)).unwrap()
}

fn id(n: u128) -> AllowanceId {
    serde_json::from_str(&uuid(n)).unwrap()
}

fn campaign(code: &str) -> Subject {
    let campaign = CampaignId::new(code).unwrap();
    Subject::CampaignQuota { campaign }
}

fn request() -> LeaseRequest {
    LeaseRequest {
        report: Report {
            v: AuthorityVersion,
            terminal: terminal(1),
            epoch: 1,
            number: 4,
            answers: Timestamp(1_795_352_520_000),
            newest_serial: 2,
            lines: vec![ReportLine {
                allowance: id(7),
                used: 3,
                closed: false,
            }],
        },
        wishes: vec![LeaseWish {
            subject: campaign("FIRST"),
            left: 2,
            want: None,
        }],
    }
}

#[test]
fn the_messages_stay_as_they_are() {
    let text = serde_json::to_string(&request()).unwrap();
    assert_eq!(
        text,
        r#"{"report":{"v":1,"terminal":"00000000-0000-0000-0000-000000000001","epoch":1,"number":4,"answers":1795352520000,"newest_serial":2,"lines":[{"allowance":"00000000-0000-0000-0000-000000000007","used":3,"closed":false}]},"wishes":[{"subject":{"kind":"campaign_quota","campaign":"FIRST"},"left":2}]}"#
    );
    assert_eq!(
        serde_json::from_str::<LeaseRequest>(&text).unwrap(),
        request()
    );
    let response = LeaseResponse {
        call: Timestamp(5),
        allowances: vec![SealedAllowance(vec![0x01, 0xab])],
        settled: vec![id(7)],
    };
    let text = serde_json::to_string(&response).unwrap();
    assert_eq!(
        text,
        r#"{"call":5,"allowances":["01ab"],"settled":["00000000-0000-0000-0000-000000000007"]}"#
    );
    assert_eq!(
        serde_json::from_str::<LeaseResponse>(&text).unwrap(),
        response
    );
    let none: LeaseResponse = serde_json::from_str(r#"{"call":5}"#).unwrap();
    assert_eq!((none.allowances.len(), none.settled.len()), (0, 0));
}

#[test]
fn only_hex_of_a_bounded_length_is_an_allowance() {
    let read = |text: &str| serde_json::from_str::<SealedAllowance>(&format!("{text:?}"));
    for bad in ["0", "0G", "AB", "é", "+1"] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert!(read(&"00".repeat(ALLOWANCE_BYTES_LIMIT)).is_ok());
    assert!(read(&"00".repeat(ALLOWANCE_BYTES_LIMIT + 1)).is_err());
}

#[test]
fn a_request_speaks_for_its_sender_and_keeps_its_limits() {
    assert_eq!(request().check(terminal(1)), Ok(()));
    let found = terminal(1);
    let other = LeaseRequestError::OtherTerminal { found };
    assert_eq!(request().check(terminal(2)), Err(other));
    let check = |change: &dyn Fn(&mut LeaseRequest)| {
        let mut request = request();
        change(&mut request);
        request.check(terminal(1))
    };
    let line = request().report.lines[0];
    let wish = request().wishes[0].clone();
    let twice = Err(LeaseRequestError::Twice);
    assert_eq!(check(&|request| request.report.lines.push(line)), twice);
    assert_eq!(check(&|request| request.wishes.push(wish.clone())), twice);
    let lines = |found: usize| {
        let lines = (0..found as u128).map(|n| ReportLine {
            allowance: id(n),
            ..line
        });
        check(&|request| request.report.lines = lines.clone().collect())
    };
    assert_eq!(lines(HOLDER_LIMIT), Ok(()));
    let found = HOLDER_LIMIT + 1;
    assert_eq!(lines(found), Err(LeaseRequestError::Lines { found }));
    let wishes = |found: usize| {
        let wish = |n| LeaseWish {
            subject: campaign(&format!("C{n}")),
            left: 0,
            want: None,
        };
        check(&|request| request.wishes = (0..found).map(wish).collect())
    };
    assert_eq!(wishes(LEASE_WISH_LIMIT), Ok(()));
    let found = LEASE_WISH_LIMIT + 1;
    assert_eq!(wishes(found), Err(LeaseRequestError::Wishes { found }));
}
