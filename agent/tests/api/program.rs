//! The program's own command line.

use crate::shop::{Shop, count};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tillside_keys::{KeyPackage, KeyRole};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tillside"));
    command.arg("--data").arg(folder).args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub fn tillside(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(folder, arguments).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// A running `tillside run`; killed when dropped.
pub struct Running {
    pub child: Child,
    pub note: Value,
}

impl Running {
    pub fn start(folder: &Path) -> Self {
        let mut child = command(folder, &["run", "--no-readers"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let note = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        Self { child, note }
    }

    pub fn caller(&self) -> crate::shop::Caller {
        let address = self.note["address"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        let token = std::fs::read_to_string(self.note["token_file"].as_str().unwrap()).unwrap();
        crate::shop::Caller {
            address: address.parse().unwrap(),
            token,
            session: None,
        }
    }

    /// Kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn people_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| tillside(folder.path(), arguments, input);
    let add = [
        "people",
        "add",
        "ben",
        "--name",
        "Ben",
        "--role",
        "cashier",
        "--pin-stdin",
    ];
    assert!(run(&add, "12345\n").status.success());
    assert_eq!(
        text(&run(&["people", "list"], "").stdout),
        "ben\tcashier\tBen\n"
    );
    let bad = run(&add, "12\n");
    assert_eq!(
        (
            bad.status.code(),
            text(&bad.stderr).contains("4 to 8 digits")
        ),
        (Some(1), true)
    );
    let asked = run(
        &["people", "add", "ben", "--name", "Ben", "--role", "cashier"],
        "1234\n",
    );
    assert!(text(&asked.stderr).contains("--pin-stdin"), "{asked:?}");
    assert!(run(&["people", "remove", "ben"], "").status.success());
    assert_eq!(run(&["people", "remove", "ben"], "").status.code(), Some(1));
}

#[test]
fn the_journal_is_verified_and_exported_and_a_changed_export_is_found() {
    let mut shop = Shop::open();
    shop.cashier().sold();
    shop.cashier().sold();
    shop.stop();
    let verified = tillside(&shop.folder, &["journal", "verify"], "");
    assert!(
        text(&verified.stdout).contains("holds together: 3 records"),
        "{verified:?}"
    );
    let file = shop.folder.join("export.jsonl");
    let name = file.to_str().unwrap();
    assert!(
        tillside(&shop.folder, &["journal", "export", "--out", name], "")
            .status
            .success()
    );
    let exported = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        exported.lines().count(),
        5,
        "a header, three records, the end"
    );
    let verify = || tillside(&shop.folder, &["journal", "verify", "--file", name], "");
    let proved = verify();
    assert!(proved.status.success(), "{proved:?}");
    let words = text(&proved.stdout);
    assert!(words.contains("holds together: 3 records"), "{words}");
    assert!(words.contains("HQ has not signed"), "{words}");
    let key = "00".repeat(32);
    let pinned = ["journal", "verify", "--file", name, "--key", &key];
    let pinned = tillside(&shop.folder, &pinned, "");
    assert_eq!(pinned.status.code(), Some(3), "{pinned:?}");
    assert!(text(&pinned.stderr).contains("nothing in it is acknowledged"));
    std::fs::write(&file, exported.replace("429", "428")).unwrap();
    let changed = verify();
    assert_eq!(changed.status.code(), Some(3), "{changed:?}");
    assert!(text(&changed.stderr).contains("line 3"), "{changed:?}");
    let without: Vec<&str> = exported
        .lines()
        .enumerate()
        .filter(|(at, _)| *at != 1)
        .map(|(_, l)| l)
        .collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    assert_eq!(verify().status.code(), Some(3));
}

#[test]
fn status_is_told_by_the_running_till_and_by_the_folder() {
    let mut shop = Shop::open();
    shop.cashier().sold();
    let running = tillside(&shop.folder, &["status"], "");
    let words = text(&running.stdout);
    assert!(words.contains("The till is running."), "{words}");
    assert!(words.contains("Facts HQ has not confirmed: 2"), "{words}");
    let json: Value =
        serde_json::from_slice(&tillside(&shop.folder, &["status", "--json"], "").stdout).unwrap();
    assert_eq!(
        (&json["running"], &json["bundle"]),
        (&true.into(), &7.into())
    );
    let taken = tillside(&shop.folder, &["people", "list"], "");
    assert!(text(&taken.stderr).contains("Stop it first"), "{taken:?}");
    shop.stop();
    let json: Value =
        serde_json::from_slice(&tillside(&shop.folder, &["status", "--json"], "").stdout).unwrap();
    assert_eq!(
        (&json["running"], &json["unconfirmed"]),
        (&false.into(), &2.into())
    );
}

#[test]
fn a_development_vault_is_made_filled_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| tillside(folder.path(), arguments, "");
    let missing = run(&["vault", "list"]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let made = run(&["vault", "init"]);
    assert!(
        text(&made.stdout).contains("development and trials"),
        "{made:?}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for name in ["keys.vault", "keys.passphrase"] {
            let meta = std::fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
    let again = run(&["vault", "init"]);
    assert!(
        text(&again.stderr).contains("never written over"),
        "{again:?}"
    );
    assert_eq!(
        text(&run(&["vault", "list"]).stdout),
        "The vault is empty.\n"
    );
    let mut package = KeyPackage::new();
    package.add(KeyRole::Pay, 3, [0xAB; 16]).unwrap();
    let file = folder.path().join("package.json");
    std::fs::write(&file, package.to_json().unwrap().as_str()).unwrap();
    let taken = run(&["vault", "import", file.to_str().unwrap()]);
    assert!(
        text(&taken.stdout).contains("1 keys were taken in"),
        "{taken:?}"
    );
    let listed = text(&run(&["vault", "list"]).stdout);
    assert_eq!(listed, "pay\tversion 3\n");
    let token = run(&["vault", "--vault", "pkcs11:/nowhere.so?token=T", "init"]);
    assert_eq!(token.status.code(), Some(1), "{token:?}");
    let nonsense = run(&["vault", "--vault", "somewhere", "list"]);
    assert!(
        text(&nonsense.stderr).contains("names no key vault"),
        "{nonsense:?}"
    );
}

#[test]
fn cards_need_a_running_till_and_a_manager() {
    let mut shop = Shop::with_keys(|_| {});
    let card = |arguments: &[&str], pin: &str| tillside(&shop.folder, arguments, pin);
    let nobody = card(&["card", "show"], "");
    assert!(text(&nobody.stderr).contains("--manager"), "{nobody:?}");
    let show = ["card", "--manager", "mara", "--pin-stdin", "show"];
    let wrong = card(&show, "0000\n");
    assert!(
        text(&wrong.stderr).contains("PIN is not right"),
        "{wrong:?}"
    );
    let issue = [
        "card",
        "--manager",
        "mara",
        "--pin-stdin",
        "issue",
        "--member",
        "Nobody",
    ];
    let unknown = card(&issue, "2222\n");
    assert!(
        text(&unknown.stderr).contains("no such member"),
        "{unknown:?}"
    );
    shop.stop();
    let asleep = tillside(&shop.folder, &show, "2222\n");
    assert!(text(&asleep.stderr).contains("not running"), "{asleep:?}");
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = tillside(folder.path(), &["doctor", "--no-readers"], "");
    let words = text(&doctor.stdout);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(words.contains("ok      folder"), "{words}");
    assert!(
        words.contains("problem database    this till is not set up"),
        "{words}"
    );
    assert!(
        words.contains("problem certificate there is none yet: run `tillside enrol`"),
        "{words}"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_stops_it_cleanly() {
    let mut shop = Shop::open();
    shop.stop();
    let mut running = Running::start(&shop.folder);
    running.caller().signed_in("anna", "1111").sold();
    let id = running.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(running.child.wait().unwrap().success());
    assert!(!shop.folder.join("agent.json").exists());
    assert_eq!(count(&shop.journal(), "sale_completed"), 1);
}
