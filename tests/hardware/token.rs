//! A till whose keys are in a PKCS#11 token (SoftHSM2): money on cards, masters that nobody reads, and
//! tokens that are missing, refuse the PIN, or hang.

use crate::shop::{CARD, Shop, problem};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tillside_keys::KeyRole;
use tillside_tests::{Person, Reader};

const PIN: &str = "4711";
const TOKEN: &str = "Till 7";

/// Debian's places of the library.
fn module() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let found = places.into_iter().map(PathBuf::from).find(|at| at.exists());
    found.expect("SoftHSM2 is not installed: run `cargo xtask setup`")
}

fn spec(module: &Path, token: &str) -> String {
    format!("pkcs11:{}?token={token}", module.display())
}

/// The configuration of SoftHSM2 with its tokens in the shop's folder.
fn configuration(shop: &Shop) -> String {
    let tokens = shop.place("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    )
}

fn tool(shop: &Shop, program: &str, words: &[&str]) -> Output {
    let ran = Command::new(program)
        .args(words)
        .env("SOFTHSM2_CONF", shop.place("softhsm2.conf"))
        .output();
    ran.unwrap_or_else(|error| panic!("{program} ({error}): run `cargo xtask setup`"))
}

/// Makes a token with the keys of a top-up desk, as HQ exported them; those keys.
fn with_token(shop: &mut Shop) -> Vec<[u8; 16]> {
    let conf = shop.place("softhsm2.conf");
    std::fs::write(&conf, configuration(shop)).unwrap();
    let init = [
        "--init-token",
        "--free",
        "--label",
        TOKEN,
        "--so-pin",
        "12345678",
        "--pin",
        PIN,
    ];
    let made = tool(shop, "softhsm2-util", &init);
    assert!(made.status.success(), "{made:?}");
    shop.till.set_variable("SOFTHSM2_CONF", &conf);
    shop.till.set_variable("TILLSIDE_VAULT_PASSPHRASE", PIN);
    shop.till
        .set_variable("TILLSIDE_VAULT", spec(&module(), TOKEN));
    let file = shop.place("package.json");
    let export = ["keys", "export", "--for", "top-up", "--file"];
    let path = file.to_str().unwrap();
    shop.hq.run(&[&export[..], &[path]].concat()).unwrap();
    let masters = keys_in(&std::fs::read_to_string(&file).unwrap());
    assert!(masters.len() >= 3, "{} keys", masters.len());
    let said = shop.till.run(&["vault", "import", path], None).unwrap();
    assert!(said.contains("Destroy"), "{said}");
    std::fs::remove_file(&file).unwrap();
    masters
}

/// Everything in a package that is 16 bytes in hex.
fn keys_in(package: &str) -> Vec<[u8; 16]> {
    let words = package.split(|letter: char| !letter.is_ascii_hexdigit());
    let keys = words.filter(|word| word.len() == 32).map(|word| {
        let number = u128::from_str_radix(word, 16);
        number.unwrap().to_be_bytes()
    });
    keys.collect()
}

/// Whether a file below `folder` holds `secret`, as bytes or in hex.
fn is_written_down(folder: &Path, secret: &[u8; 16]) -> bool {
    let lower: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let forms = [
        &secret[..],
        lower.as_bytes(),
        &lower.to_uppercase().into_bytes(),
    ]
    .map(<[u8]>::to_vec);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|part| part == *form);
            if forms.iter().any(holds) {
                return true;
            }
        }
    }
    false
}

#[tokio::test]
async fn a_card_is_issued_charged_and_pays_with_keys_that_stay_in_the_token() {
    let readers = tempfile::tempdir().unwrap();
    let reader = Reader::start(readers.path(), "reader").unwrap();
    let mut shop = Shop::open(Some(reader.socket()));
    let masters = with_token(&mut shop);
    let listed = shop.till.run(&["vault", "list"], None).unwrap();
    assert!(
        listed.contains("pay\tversion 1") && !listed.contains("master"),
        "{listed}"
    );

    shop.till.start().unwrap();
    let ready = |status: &serde_json::Value| {
        status["emoney"]["keys"] == "token"
            && status["readers"][0]["ready"] == true
            && status["emoney"]["on"] == true
    };
    let status = shop.status("the token serves", ready).await;
    assert_eq!(status["emoney"]["words"], "E-money works.");
    let hold = |lies: bool| match lies {
        true => drop(reader.hands.tap(1, CARD, true).unwrap()),
        false => reader.hands.remove(1).unwrap(),
    };
    shop.issue_and_charge(hold).await;
    let anna = shop.api(Person::ANNA).await;
    let sale = shop.sale(&anna).await;
    let job = shop
        .job(&anna, &format!("{sale}/purse"), json!({}), || hold(true))
        .await;
    assert_eq!(
        (&job["stage"], &job["completed"]),
        (&json!("done"), &json!(true)),
        "{job}"
    );
    assert_eq!(job["balance"]["minor"], 1_571, "{job}");

    // HQ's own keys check what the token's keys made the card say.
    anna.post("/v1/sync", serde_json::Value::Null)
        .await
        .unwrap();
    shop.status("HQ confirms", |status| status["unconfirmed"] == 0)
        .await;
    let said = shop.hq.run(&["emoney", "check"]).unwrap();
    assert!(said.contains("holds"), "{said}");

    // Nothing that lies on this till's disk is a master key, and the token gives none out.
    for master in &masters {
        for folder in [shop.till.folder().to_owned(), shop.place("tokens")] {
            assert!(!is_written_down(&folder, master), "in {}", folder.display());
        }
    }
    assert!(!shop.till.folder().join("keys.vault").exists());
    let module = module();
    let login = [
        "--module",
        module.to_str().unwrap(),
        "--token-label",
        TOKEN,
        "--login",
        "--pin",
        PIN,
    ];
    let list = tool(
        &shop,
        "pkcs11-tool",
        &[&login[..], &["--list-objects"]].concat(),
    );
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    for role in [KeyRole::Pay, KeyRole::TopUp, KeyRole::Identify] {
        let label = format!("tillside:{role}:1");
        assert!(list.contains(&label), "{label} in:\n{list}");
        let read = ["--read-object", "--type", "secrkey", "--label", &label];
        let read = tool(&shop, "pkcs11-tool", &[&login[..], &read].concat());
        assert!(!read.status.success(), "{label} was read: {read:?}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_serve_is_said_in_plain_words_and_the_till_sells() {
    let mut shop = Shop::open(None);
    with_token(&mut shop);
    let module = module();
    for (spec, pin, words) in [
        (spec(&module, TOKEN), "4712", "PIN is wrong"),
        (
            spec(&module, "Till 8"),
            PIN,
            "the key token Till 8 is not there",
        ),
        (
            spec(Path::new("/nowhere/p11.so"), TOKEN),
            PIN,
            "the key token /nowhere/p11.so is not there",
        ),
        ("token:7".to_owned(), PIN, "names no key vault"),
    ] {
        shop.till.set_variable("TILLSIDE_VAULT", &spec);
        shop.till.set_variable("TILLSIDE_VAULT_PASSPHRASE", pin);
        let list = shop
            .till
            .run(&["vault", "list"], None)
            .unwrap_err()
            .to_string();
        assert!(list.contains(words), "{spec}: {list}");
        shop.till.start().unwrap();
        let status = shop
            .status("it knows the bundle and has no keys", |status| {
                problem(status, "no_keys").is_some()
            })
            .await;
        let said = problem(&status, "no_keys").unwrap();
        assert!(said.contains(words), "{spec}: {said}");
        assert_eq!(status["emoney"]["on"], false);
        shop.sells_for_cash().await;
        shop.till.stop().unwrap();
    }
}

/// The library itself hangs: it reads its configuration from a pipe into which nobody writes.
#[tokio::test]
async fn a_token_that_hangs_keeps_the_till_neither_from_starting_nor_from_selling_nor_from_ending()
{
    let mut shop = Shop::open(None);
    with_token(&mut shop);
    let pipe = shop.place("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    shop.till.set_variable("SOFTHSM2_CONF", &pipe);
    shop.till.start().unwrap();
    let no_keys = |status: &serde_json::Value| problem(status, "no_keys").is_some();
    let status = shop
        .status("it knows the bundle and has no keys", no_keys)
        .await;
    let said = problem(&status, "no_keys").unwrap();
    assert!(said.contains("does not answer yet"), "{said}");
    shop.sells_for_cash().await;
    shop.till.stop().unwrap();

    shop.till.start().unwrap();
    shop.status("it hangs again", no_keys).await;
    std::fs::write(&pipe, configuration(&shop)).unwrap();
    shop.status("it took the keys", |status| {
        status["emoney"]["keys"] == "token"
    })
    .await;
    shop.sells_for_cash().await;
}
