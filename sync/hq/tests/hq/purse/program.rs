//! The program's words about e-money, from its set-up to a decided case.

use crate::program::Program;

const CARD: &str = "uid:04A1B2C3D4E5F6";

fn masked(text: &str) -> String {
    // Moments differ from run to run.
    let mut words = String::new();
    for line in text.lines() {
        let line = match line.find(" UTC") {
            Some(end) if end >= 19 => format!("{}(then){}", &line[..end - 19], &line[end + 4..]),
            _ => line.to_owned(),
        };
        words.push_str(line.trim_end());
        words.push('\n');
    }
    words
}

#[test]
fn e_money_is_set_up_told_and_proven() {
    let program = Program::filled();
    let mut said = String::new();
    let mut ok = |arguments: &[&str]| {
        said.push_str(&format!(
            "$ {}\n{}",
            arguments.join(" "),
            masked(&program.ok(arguments))
        ));
    };
    ok(&["emoney", "init", "--currency", "EUR", "--cap", "150.00"]);
    ok(&["emoney", "show"]);
    ok(&["emoney", "timeout", "--days", "14"]);
    ok(&["emoney", "check"]);
    ok(&["emoney", "open"]);
    ok(&["emoney", "gaps", "--csv"]);
    ok(&["keys", "list", "--csv"]);
    ok(&["keys", "roll"]);
    ok(&["store", "desk", "S1", "--top-up", "--issue"]);
    ok(&["store", "desk", "S2"]);
    ok(&[
        "card",
        "block",
        CARD,
        "--why",
        "Ask the shopper to call HQ.",
    ]);
    ok(&["card", "show", CARD]);
    ok(&["card", "unblock", CARD]);
    ok(&["card", "lost", CARD]);
    ok(&["card", "lost", CARD]);
    ok(&["card", "replace", CARD, "--with", "uid:04FFFFFFFFFFFF"]);
    ok(&[
        "account",
        "freeze",
        "--member",
        "900000001",
        "--why",
        "Call HQ.",
    ]);
    ok(&["account", "unfreeze", "--member", "900000001"]);
    ok(&["account", "unfreeze", "--member", "900000001"]);
    ok(&["report", "emoney"]);
    ok(&["report", "emoney", "--csv"]);
    ok(&["publish"]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    let program = Program::filled();
    let mut said = String::new();
    let mut no = |arguments: &[&str]| {
        let output = program.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let words = String::from_utf8(output.stderr).unwrap();
        said.push_str(&format!("$ {}\n{words}", arguments.join(" ")));
    };
    no(&["emoney", "show"]);
    no(&["keys", "list"]);
    no(&["card", "show", CARD]);
    no(&["emoney", "init", "--currency", "EUR", "--cap", "1,50"]);
    no(&[
        "emoney",
        "init",
        "--currency",
        "EUR",
        "--cap",
        "150",
        "--system",
        "x",
    ]);
    no(&[
        "emoney",
        "init",
        "--currency",
        "EUR",
        "--cap",
        "150",
        "--vault",
        "nowhere",
    ]);
    program.ok(&["emoney", "init", "--currency", "EUR", "--cap", "150"]);
    no(&["emoney", "init", "--currency", "EUR", "--cap", "150"]);
    no(&["store", "desk", "S1", "--issue"]);
    no(&["store", "desk", "S9", "--top-up"]);
    no(&["card", "show", "uid:04FFFFFFFFFFFF"]);
    no(&["card", "unblock", CARD]);
    no(&["card", "block", CARD, "--why", "  "]);
    no(&["card", "replace", CARD, "--with", "uid:04FFFFFFFFFFFF"]);
    no(&["card", "expire", CARD]);
    no(&["account", "freeze", "--member", "1", "--why", "x"]);
    no(&["cases", "decide", "1", "--done", "--note", "x"]);
    no(&["cases", "decide", "1", "--note", "x"]);
    insta::assert_snapshot!(said);
}

#[test]
fn keys_leave_hq_in_a_file_for_its_owner_only() {
    let program = Program::filled();
    program.ok(&["emoney", "init", "--currency", "EUR", "--cap", "150"]);
    let file = program.file("keys.json", "");
    let path = file.to_str().unwrap();
    let roles = |to: &str| -> Vec<String> {
        program.ok(&["keys", "export", "--for", to, "--file", path]);
        let text = std::fs::read_to_string(&file).unwrap();
        let package = tillside_keys::KeyPackage::from_json(&text).unwrap();
        let held = package.held().into_iter();
        held.map(|key| key.role.as_str().to_owned()).collect()
    };
    assert!(!roles("till").contains(&"top_up".to_owned()));
    assert!(roles("top-up").contains(&"top_up".to_owned()));
    assert!(!roles("top-up").contains(&"master".to_owned()));
    assert_eq!(roles("personalisation").len(), 14);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_phone_s_certificate_counts_with_what_stores_are_told() {
    use tillside_core::{CodeKey, DeviceCertificate, MemberCodeSheet};
    let program = Program::filled();
    let secret = [5; 32];
    let device = CodeKey::of_secret(&secret).to_string();
    let enrol = [
        "phone",
        "enrol",
        "--member",
        "900000001",
        "--device-key",
        &device,
    ];
    let certificate: DeviceCertificate = program.ok(&enrol).trim().parse().unwrap();
    program.ok(&["publish"]);
    let told = || -> tillside_protocol::StoreTarget {
        let targets = program.folder.path().join("hq/bundle/targets");
        let files = std::fs::read_dir(targets).unwrap().flatten();
        let files = files.map(|entry| entry.path());
        let files = files.filter(|path| path.to_str().unwrap().ends_with("store-S1.json"));
        let newest = files.max_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap());
        serde_json::from_str(&std::fs::read_to_string(newest.unwrap()).unwrap()).unwrap()
    };
    let target = told();
    let sheet: MemberCodeSheet = target.member_codes.unwrap();
    let today = jiff::Zoned::now().date();
    let named = certificate.check(&sheet, today).unwrap();
    assert_eq!(named, target.members.members[0].member);
    let twice = [
        "phone",
        "enrol",
        "--member",
        "900000002",
        "--device-key",
        &device,
    ];
    assert!(
        !program.run(&twice).status.success(),
        "another member's phone"
    );
    assert!(program.ok(&enrol).starts_with("TSD1"), "again, for longer");

    // Taken back: the same certificate does not count with the next bundle.
    let revoke = ["phone", "revoke", "--member", "900000001"];
    let other = ["--device-key", &CodeKey::of_secret(&[6; 32]).to_string()].map(str::to_owned);
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    assert!(
        program
            .ok(&[&revoke[..], &other].concat())
            .contains("Nothing was changed")
    );
    assert!(program.ok(&revoke).contains("taken back: 1"));
    assert!(program.ok(&revoke).contains("Nothing was changed"));
    program.ok(&["publish"]);
    let sheet = told().member_codes.unwrap();
    let refused = certificate.check(&sheet, today).unwrap_err();
    assert_eq!(refused.code(), "code_phone_revoked");
    assert!(
        !program.run(&enrol).status.success(),
        "its key is gone for good"
    );
}

#[test]
fn rights_come_in_with_the_stores_if_they_are_named() {
    let program = Program::filled();
    program.ok(&["emoney", "init", "--currency", "EUR", "--cap", "150"]);
    let desks = || -> String {
        let database = rusqlite::Connection::open(program.folder.path().join("hq/hq.db")).unwrap();
        let sql = "SELECT group_concat(store || desk_top_up || desk_issue) FROM store";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let file = program.file(
        "desks.csv",
        "store,name,time_zone,currency,desk\nS1,A,Europe/Berlin,EUR,top_up issue\nS2,B,Europe/Berlin,EUR,top_up\n",
    );
    assert!(program.import("stores", &file).status.success());
    assert_eq!(desks(), "S111,S210");
    // A file without the column, or with nothing in it, leaves them.
    let file = program.file("plain.csv", crate::fixture::STORES);
    assert!(program.import("stores", &file).status.success());
    assert_eq!(desks(), "S111,S210");
    let file = program.file(
        "none.csv",
        "store,name,time_zone,currency,desk\nS1,A,Europe/Berlin,EUR,none\nS2,B,Europe/Berlin,EUR,\n",
    );
    assert!(program.import("stores", &file).status.success());
    assert_eq!(desks(), "S100,S210");
    let file = program.file(
        "bad.csv",
        "store,name,time_zone,currency,desk\nS1,A,Europe/Berlin,EUR,issue\n",
    );
    let refused = program.import("stores", &file);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("line 2, column desk"), "{words}");
}
