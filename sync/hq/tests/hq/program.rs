//! The program itself: exit codes, words, and stopping cleanly.

use crate::fixture::{COUPONS, MEMBERS, PRODUCTS, RULES, STORES};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tillside_protocol::InviteCode;

pub(crate) struct Program {
    pub(crate) folder: tempfile::TempDir,
}

/// Killed by its own id if the test ends early.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillside-hq"));
        command.arg("--data").arg(self.folder.path().join("hq"));
        command.env_remove("RUST_BACKTRACE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn import(&self, kind: &str, file: &Path) -> Output {
        self.run(&["import", kind, file.to_str().unwrap()])
    }

    pub(crate) fn filled() -> Self {
        let program = Self::new();
        program.ok(&["init", "--name", "Corner Shops"]);
        for (kind, name, text) in [
            ("stores", "stores.csv", STORES),
            ("rules", "rules.json", RULES),
            ("products", "products.csv", PRODUCTS),
            ("members", "members.csv", MEMBERS),
            ("coupons", "coupons.csv", COUPONS),
        ] {
            let file = program.file(name, text);
            assert!(program.import(kind, &file).status.success(), "{kind}");
        }
        program
    }
}

#[test]
fn an_hq_is_founded_once_and_needed_for_everything_else() {
    let program = Program::new();
    let without = program.run(&["publish"]);
    assert_eq!(without.status.code(), Some(1));
    let words = String::from_utf8(without.stderr).unwrap();
    assert!(words.contains("init --name"), "{words}");
    program.ok(&["init", "--name", "Corner Shops", "--host", "hq.example"]);
    let ca = program.folder.path().join("hq/ca/ca.pem");
    let before = std::fs::read(&ca).unwrap();
    let again = program.run(&["init", "--name", "Other"]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        std::fs::read(&ca).unwrap(),
        before,
        "nothing was overwritten"
    );
}

#[test]
fn bad_rows_end_with_code_2_and_are_all_named() {
    let program = Program::filled();
    let file = program.file(
        "bad.csv",
        "number,plan,store\nX,SPRING-5,S1\nSPRING0020,SPRING-5,S1\nSPRING0021,NONE,S1\n",
    );
    let refused = program.import("coupons", &file);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8(refused.stderr).unwrap();
    let words = words.replace(file.to_str().unwrap(), "bad.csv");
    insta::assert_snapshot!(words);
    let skipped = program.run(&["import", "coupons", "--skip-bad", file.to_str().unwrap()]);
    assert_eq!(
        skipped.status.code(),
        Some(2),
        "it still says that rows were bad"
    );
    let words = String::from_utf8(skipped.stdout).unwrap();
    assert_eq!(
        words,
        "coupons: 1 new, 0 changed, 0 unchanged. Skipped: 2, named above.\n"
    );
    let file = program.file("empty.csv", "");
    assert_eq!(program.import("coupons", &file).status.code(), Some(1));
}

#[test]
fn rules_are_checked_before_they_are_imported() {
    let program = Program::new();
    let check = |name: &str, text: &str| {
        let file = program.file(name, text);
        let output = program.run(&["rules", "check", file.to_str().unwrap()]);
        let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (
            output.status.code(),
            told.concat().replace(file.to_str().unwrap(), name),
        )
    };
    let good = r#"{"v":2,"rules":[
        {"rule":"never","name":"Never","valid":{"from":"2026-02-01"},
         "when":{"date":{"until":"2026-01-01"}},
         "effects":[{"effect":{"points_fixed":{"points":5}},
                     "funders":[{"funder":"chain","basis_points":10000}]}]},
        {"rule":"off","name":"Off","caps":[{"over":"day","amount":{"minor":5000,"currency":"EUR"}}],
         "effects":[{"effect":{"percent_off":{"basis_points":1000}},
                     "funders":[{"funder":"chain","basis_points":10000}]}]}]}"#;
    let (code, words) = check("good.json", good);
    assert_eq!(code, Some(0), "{words}");
    insta::assert_snapshot!("rules_check", words);
    let (code, words) = check("bad.json", &good.replace("10000}]}]}]}", "9000}]}]}]}"));
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("rules_check_of_a_bad_document", words);
}

#[test]
fn invites_reports_and_cases_are_told() {
    let program = Program::filled();
    let printed = program.ok(&["publish"]);
    assert!(
        printed.starts_with("Bundle 1 is published: 1 rules"),
        "{printed}"
    );
    let invite = program.ok(&["terminal", "invite", "--store", "S1"]);
    InviteCode::parse(invite.lines().last().unwrap()).unwrap();
    let nowhere = program.run(&["terminal", "invite", "--store", "S9"]);
    assert!(
        String::from_utf8(nowhere.stderr)
            .unwrap()
            .contains("no store S9")
    );
    let balances = program.ok(&["report", "balances", "--csv"]);
    assert!(
        balances
            .starts_with("number,member,points,active,pending,spent,expired,negative\n900000001,"),
        "{balances}"
    );
    let json = program.ok(&["report", "balances", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["points"], 100);
    for report in ["redemptions", "terminals", "records"] {
        program.ok(&["report", report, "--csv"]);
    }
    assert!(program.ok(&["report", "ledger"]).contains("holds"));
    assert_eq!(program.ok(&["cases", "--json"]), "[]\n");
    assert_eq!(program.ok(&["cases", "list", "--json"]), "[]\n");
    assert!(!program.run(&["cases", "show", "1"]).status.success());
    assert!(
        !program
            .run(&["cases", "close", "1", "--note", "x"])
            .status
            .success()
    );
    worst_cases(&program);
    program.ok(&["coupon", "revoke", "SPRING0001"]);
    assert!(
        !program
            .run(&["coupon", "revoke", "NEVER0001"])
            .status
            .success()
    );
}

/// What is published can be reckoned with first: each plan's numbers, and a campaign's quota.
fn worst_cases(program: &Program) {
    let mut rules: serde_json::Value = serde_json::from_str(RULES).unwrap();
    let mut quota = rules["plans"][0].clone();
    quota["plan"] = "FIRST".into();
    quota["name"] = "The first five".into();
    quota["effect"] =
        serde_json::json!({"kind": "amount_off", "amount": {"minor": 250, "currency": "EUR"}});
    quota["proof"] = serde_json::json!({"lease": {"code": "FIRST5", "quota": 5}});
    rules["plans"].as_array_mut().unwrap().push(quota);
    let file = program.file("quota.json", &rules.to_string());
    assert!(program.import("rules", &file).status.success());

    let json = program.ok(&["coupon", "worst-case", "--json"]);
    let plans: serde_json::Value = serde_json::from_str(&json).unwrap();
    let plans = plans.as_array().unwrap();
    assert_eq!(plans.len(), 2);
    let issued = COUPONS
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .count();
    assert_eq!(plans[0]["decided"], issued);
    assert_eq!(
        (&plans[1]["decided"], &plans[1]["beyond"]),
        (&5.into(), &0.into())
    );
    assert_eq!(plans[1]["cost"], "12.50 EUR");
    let said = program.ok(&["coupon", "worst-case", "FIRST"]);
    assert!(said.contains("At worst 5 uses, 12.50 EUR."), "{said}");
    assert!(!said.contains("SPRING"), "{said}");
    let none = program.run(&["coupon", "worst-case", "NO-SUCH"]);
    assert!(!none.status.success());
    let words = String::from_utf8(none.stderr).unwrap();
    assert!(words.contains("no plan NO-SUCH"), "{words}");
}

#[cfg(unix)]
#[test]
fn points_are_given_and_taken_by_hand_and_expire_by_a_run() {
    let program = Program::filled();
    let adjust = |points: &str, more: &[&str]| {
        let mut arguments = vec!["member", "adjust", "900000001", points];
        arguments.extend(["--funder", "chain"]);
        arguments.extend(more);
        program.run(&arguments)
    };
    let words = |output: std::process::Output| {
        let text = if output.status.success() {
            output.stdout
        } else {
            output.stderr
        };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let given = words(adjust(
        "20",
        &["--reason", "a late parcel", "--last-day", "2999-01-01"],
    ));
    assert!(given.0 && given.1.contains("120 active"), "{given:?}");
    let taken = words(adjust("-50", &["--reason", "scanned twice"]));
    assert!(taken.0 && taken.1.contains("70 active"), "{taken:?}");
    for (points, more, wanted) in [
        (
            "-71",
            vec!["--reason", "too much"],
            "70 points may be spent now",
        ),
        ("5", vec!["--reason", " "], "say why"),
        ("0", vec!["--reason", "nothing"], "nothing to book"),
        (
            "5",
            vec!["--reason", "late", "--last-day", "2020-01-01"],
            "is over",
        ),
        (
            "-5",
            vec!["--reason", "late", "--last-day", "2999-01-01"],
            "leave it out",
        ),
    ] {
        let refused = words(adjust(points, &more));
        assert!(
            !refused.0 && refused.1.contains(wanted),
            "{points}: {refused:?}"
        );
    }
    let shown = program.ok(&["member", "show", "900000001"]);
    assert!(
        shown.contains("withdrawn") && shown.contains("50"),
        "{shown}"
    );
    let ahead = ["points", "expire", "--at", "2999-01-01"];
    let refused = program.run(&ahead);
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && why.contains("--dry-run"),
        "{why}"
    );
    // The opening balance lasts for ever; what was taken was taken of what ends first.
    let dry = program.ok(&[&ahead[..], &["--dry-run"]].concat());
    assert!(dry.starts_with("0 points would expire"), "{dry}");
    words(adjust(
        "8",
        &["--reason", "a gift", "--last-day", "2998-01-01"],
    ));
    let dry = program.ok(&[&ahead[..], &["--dry-run"]].concat());
    assert!(dry.starts_with("8 points would expire, in 1 lots"), "{dry}");
    assert!(
        program
            .ok(&["points", "expire"])
            .starts_with("0 points expired")
    );
    let balances = program.ok(&["report", "balances", "--csv"]);
    assert!(balances.contains(",78,78,0,50,0,0\n"), "{balances}");
    assert!(program.ok(&["report", "ledger"]).contains("holds"));
}

#[test]
fn it_serves_until_told_to_stop_while_other_commands_work() {
    let program = Program::filled();
    let announce = program.folder.path().join("address.json");
    let mut command = program.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--announce"]);
    command.arg(&announce).stderr(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(10);
    while !announce.exists() {
        assert!(Instant::now() < until, "it never announced itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    let line = std::fs::read_to_string(&announce).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = told["address"].as_str().unwrap().to_owned();
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    program.ok(&["publish"]);
    program.ok(&["report", "records"]);
    let id = running.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(killed.success());
    let until = Instant::now() + Duration::from_secs(10);
    let status = loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < until, "it did not stop");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}

#[test]
fn a_newer_or_a_damaged_database_is_refused_and_left_alone() {
    let program = Program::filled();
    let path = program.folder.path().join("hq/hq.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let refused = program.run(&["report", "records"]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("layout 99"), "{words}");

    let _ = std::fs::remove_file(path.with_extension("db-wal"));
    std::fs::write(&path, b"this is no database, and was none before").unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = program.run(&["report", "records"]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("damaged or is not a database"), "{words}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
