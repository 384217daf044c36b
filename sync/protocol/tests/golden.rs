//! Every wire type's JSON, as a file: a change of one shows here, and needs a new
//! `PROTOCOL_VERSION` unless it only adds.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;
use std::path::Path;
use tillside_core::engine::Document;
use tillside_core::*;
use tillside_protocol::*;

/// Compares with the file, and reads the file back as the same value.
fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, kept,
        "{name} changed; if that is meant, write it with GOLDEN_WRITE=1"
    );
    assert_eq!(&serde_json::from_str::<T>(&kept).unwrap(), value);
}

const NOW: Timestamp = Timestamp(1_780_000_000_000);

fn terminal() -> TerminalId {
    "01900000-0000-7000-8000-000000000001".parse().unwrap()
}

fn profile() -> StoreProfile {
    StoreProfile {
        store: StoreId::new("S1").unwrap(),
        name: "Corner Shop Mitte".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: Currency::EUR,
    }
}

fn sealed() -> Sealed {
    let record = Record {
        v: RECORD_VERSION,
        terminal: terminal(),
        epoch: 1,
        seq: 1,
        prev: Hash::genesis(terminal(), 1),
        at: NOW,
        clock: Clock::Trusted,
        event: Event::BundleAdopted { version: 3 },
    };
    record.seal().unwrap()
}

fn head() -> Head {
    Head {
        epoch: 1,
        seq: 1,
        hash: sealed().hash,
    }
}

#[test]
fn enrolment() {
    golden(
        "enrol_request",
        &EnrolRequest {
            secret: "00000000000000000000000001".to_owned(),
            lane: LaneId::new("1").unwrap(),
            request_pem: "-----BEGIN CERTIFICATE REQUEST-----".to_owned(),
            terminal: None,
        },
    );
    golden(
        "enrol_response",
        &EnrolResponse {
            terminal: TerminalProfile {
                terminal: terminal(),
                lane: LaneId::new("1").unwrap(),
                profile: profile(),
                epoch: 1,
                coupon_holder: true,
            },
            certificate_pem: "-----BEGIN CERTIFICATE-----".to_owned(),
            ca_pem: "-----BEGIN CERTIFICATE-----".to_owned(),
            bundle_root: "{}".to_owned(),
        },
    );
    golden(
        "renew_request",
        &RenewRequest {
            request_pem: "-----BEGIN CERTIFICATE REQUEST-----".to_owned(),
        },
    );
    golden(
        "renew_response",
        &RenewResponse {
            certificate_pem: "-----BEGIN CERTIFICATE-----".to_owned(),
        },
    );
}

#[test]
fn pushing() {
    golden(
        "push_request",
        &PushRequest {
            terminal: terminal(),
            epoch: 1,
            records: vec![sealed()],
            signed: None,
        },
    );
    let signed = |by| SignedHead::sign(by, &[1; 32], terminal(), &head(), NOW);
    golden(
        "push_request_signed",
        &PushRequest {
            terminal: terminal(),
            epoch: 1,
            records: vec![sealed()],
            signed: Some(signed(HeadSigner::Terminal)),
        },
    );
    golden(
        "push_response_signed",
        &PushResponse {
            acks: Vec::new(),
            head: head(),
            acknowledged: Some(signed(HeadSigner::Hq)),
        },
    );
    let outcomes = [
        Outcome::Accepted,
        Outcome::AlreadyAccepted,
        Outcome::Conflict {
            field: "prev".to_owned(),
            case: 7,
        },
        Outcome::Quarantined { case: 8 },
        Outcome::Missing,
    ];
    let settles: Vec<bool> = outcomes.iter().map(Outcome::settles).collect();
    assert_eq!(settles, [true, true, true, true, false]);
    let acks = (1..).zip(outcomes);
    golden(
        "push_response",
        &PushResponse {
            acks: acks.map(|(seq, outcome)| Ack { seq, outcome }).collect(),
            head: head(),
            acknowledged: None,
        },
    );
}

#[test]
fn status() {
    golden(
        "terminal_status",
        &TerminalStatus {
            now: NOW,
            bundle: 3,
            head: Some(head()),
            certificate_until: NOW,
            settled: Vec::new(),
            earlier: Vec::new(),
        },
    );
    let later = Head { epoch: 2, ..head() };
    let after_a_fork = TerminalStatus {
        now: NOW,
        bundle: 3,
        head: Some(later),
        earlier: vec![head()],
        certificate_until: NOW,
        settled: Vec::new(),
    };
    golden("terminal_status_after_a_fork", &after_a_fork);
    assert_eq!(after_a_fork.head_of(1), Some(head()));
    assert_eq!(after_a_fork.head_of(2), Some(later));
    assert_eq!(after_a_fork.head_of(3), None);
    golden(
        "terminal_status_before_the_first_record",
        &TerminalStatus {
            now: NOW,
            bundle: 0,
            head: None,
            certificate_until: NOW,
            settled: Vec::new(),
            earlier: Vec::new(),
        },
    );
}

#[test]
fn a_new_epoch() {
    let request = EpochRequest {
        from: head(),
        head: head(),
        key: Hash::of(b"drawn"),
    };
    golden("epoch_request", &request);
    golden("epoch_response", &EpochResponse { epoch: 2, case: 17 });
}

#[test]
fn errors() {
    let codes = [
        ErrorCode::InviteRefused,
        ErrorCode::CertificateMissing,
        ErrorCode::CertificateExpired,
        ErrorCode::TerminalRevoked,
        ErrorCode::Malformed,
        ErrorCode::TooLarge,
        ErrorCode::Version,
        ErrorCode::NotFound,
        ErrorCode::NotAllowed,
        ErrorCode::Busy,
        ErrorCode::Internal,
        ErrorCode::RecordMissing,
    ];
    let bodies = codes.map(|code| ErrorBody {
        code,
        message: format!("in words, retryable: {}", code.is_retryable()),
    });
    golden("errors", &bodies.to_vec());
    let newer = r#"{"code":"out_of_tea","message":"x"}"#;
    let body: ErrorBody = serde_json::from_str(newer).unwrap();
    assert_eq!(body.code, ErrorCode::Other);
}

fn store() -> StoreTarget {
    let number = |text| CouponNumber::new(text).unwrap();
    let elsewhere = number("SPRING0003");
    let entry = |text, used| CouponEntry {
        number: number(text),
        plan: PlanId::new("SPRING-5").unwrap(),
        used,
    };
    let used = CouponUsed {
        at: NOW,
        store: StoreId::new("S1").unwrap(),
        terminal: terminal(),
        sale: "01900000-0000-7000-8000-000000000009".parse().unwrap(),
    };
    StoreTarget {
        profile: profile(),
        members: MemberSheet {
            as_of: NOW,
            included: [(terminal(), Included { epoch: 1, seq: 1 })].into(),
            members: vec![MemberEntry {
                member: "01900000-0000-7000-8000-000000000005".parse().unwrap(),
                display_name: "Ada L.".to_owned(),
                tier: TierId::new("gold").unwrap(),
                points: Points(1250),
                pending: Points(0),
                cards: vec![CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap()],
            }],
        },
        coupons: CouponSheet {
            holder: Some(terminal()),
            numbers: vec![entry("SPRING0001", None), entry("SPRING0002", Some(used))],
            revoked: vec![number("SPRING0009")],
            elsewhere: vec![Elsewhere {
                store: StoreId::new("S2").unwrap(),
                digests: vec![number_digest(&elsewhere)],
            }],
            open: Vec::new(),
        },
        purse: None,
        member_codes: None,
        allowance_keys: Vec::new(),
    }
}

fn open_coupons() -> Vec<OpenNumbers> {
    let number = CouponNumber::new("RISK00001").unwrap();
    vec![OpenNumbers {
        plan: PlanId::new("RISK-5").unwrap(),
        digests: vec![number_digest(&number)],
    }]
}

#[test]
fn targets() {
    golden("target_store", &store());
    golden("target_open_coupons", &open_coupons());
    let products = vec![Product {
        item: Item::Gtin(Gtin::new("4006381333931").unwrap()),
        name: "Pen".to_owned(),
        unit_price: Money::new(199, Currency::EUR).unwrap(),
        category: Some(Category::new("office").unwrap()),
        tax_class: TaxClass::new("standard").unwrap(),
    }];
    golden("target_products", &products);
    let rules = RuleDocument {
        v: RULE_DOCUMENT_VERSION,
        rules: vec![Rule {
            rule: RuleId::new("base").unwrap(),
            name: "Base points".to_owned(),
            effect: RuleEffect::PointsPerAmount {
                points: 1,
                per: Money::new(100, Currency::EUR).unwrap(),
                products: ProductSet::default(),
            },
            funder: FunderId::new("chain").unwrap(),
        }],
        plans: Vec::new(),
    };
    golden("target_rules", &rules);
    golden("target_rules_2", &newest_rules());
}

/// Rules of the newest layout: an offer on Mondays, and double points with a cap.
fn newest_rules() -> Document {
    let paid = json!([{"funder": "chain", "basis_points": 10_000}]);
    let document = json!({
        "v": 2,
        "rules": [
            {"rule": "monday", "name": "Monday is coffee day", "when": {"weekday": ["monday"]},
             "effects": [{"funders": paid, "effect": {"percent_off":
                {"basis_points": 1000, "products": {"categories": ["coffee"]}}}}]},
            {"rule": "double", "name": "Double points",
             "effects": [{"funders": paid, "effect": {"points_multiplier": {"extra_basis_points": 10_000}}}],
             "caps": [{"over": "member_day", "points": 100}]},
        ],
    });
    Document::read(document.to_string().as_bytes()).unwrap()
}

#[test]
fn rules_of_every_layout_are_read_and_a_newer_one_says_what_to_do() {
    let rules = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        std::fs::read(folder.join(format!("{name}.json"))).unwrap()
    };
    let target = serde_json::to_vec(&store()).unwrap();
    let read = |rules: &[u8]| {
        let products = b"[]";
        let (version, store) = (4, &target[..]);
        VerifiedTargets {
            version,
            rules,
            products,
            store,
            open_coupons: None,
        }
        .read()
    };
    assert_eq!(
        read(&rules("target_rules_2")).unwrap().rules,
        newest_rules()
    );
    let first = read(&rules("target_rules")).unwrap().rules;
    assert_eq!((first.v, first.rules.len()), (2, 1), "brought up");
    let error = read(br#"{"v":3,"rules":[],"moods":[]}"#).unwrap_err();
    assert_eq!((error.target, error.version), ("rules", 4));
    let why = error.source.to_string();
    assert!(
        why.ends_with("update the program, or publish the rules from a matching HQ"),
        "{why}"
    );
}

#[test]
fn targets_become_a_bundle_or_name_the_part_that_does_not() {
    let bytes = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        std::fs::read(folder.join(format!("target_{name}.json"))).unwrap()
    };
    let (rules, products, target) = (bytes("rules"), bytes("products"), bytes("store"));
    let mut verified = VerifiedTargets {
        version: 4,
        rules: &rules,
        products: &products,
        store: &target,
        open_coupons: None,
    };
    let bundle = verified.read().unwrap();
    assert_eq!((bundle.version, bundle.profile), (4, profile()));
    assert_eq!(bundle.coupons, store().coupons);
    let open = bytes("open_coupons");
    verified.open_coupons = Some(&open);
    assert_eq!(verified.read().unwrap().coupons.open, open_coupons());
    verified.open_coupons = Some(b"{}");
    assert_eq!(verified.read().unwrap_err().target, "open coupons");
    verified.open_coupons = None;
    verified.products = b"{}";
    let error = verified.read().unwrap_err();
    assert_eq!((error.target, error.version), ("products", 4));
    assert_eq!(store_target(&profile().store), "store-S1.json");
}

#[test]
fn paths_limits_and_version() {
    let fixed = [
        ENROL,
        RENEW,
        JOURNAL,
        STATUS,
        EPOCH,
        METADATA,
        TARGETS,
        VERSION_HEADER,
    ];
    golden("paths", &fixed.map(str::to_owned).to_vec());
    let limits = (BATCH_RECORD_LIMIT, BATCH_BYTE_LIMIT, TARGET_BYTE_LIMIT);
    golden("limits", &(PROTOCOL_VERSION, limits));
}
