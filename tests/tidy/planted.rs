//! A breach of each rule, planted, and caught. A rule that catches nothing would pass for ever.

use super::tree::Tree;
use super::{arrows, docs, mutants, text};
use serde_json::{Value, json};

fn house(from: &str, to: &str, kind: Value) -> Value {
    json!({"packages": [
        {"name": from, "dependencies": [{"name": to, "kind": kind}, {"name": "serde", "kind": null}]},
        {"name": to, "dependencies": []},
    ]})
}

#[test]
fn a_forbidden_arrow_is_caught() {
    for (from, to) in [
        ("tillside-core", "tillside-store"),
        ("tillside-store", "tillside-drivers"),
        ("tillside-hq", "tillside"),
        ("tillside-drivers", "tillside-cards"),
        ("tillside-till", "tillside-core"),
        ("tillside", "tillside-tests"),
    ] {
        for kind in [Value::Null, json!("dev"), json!("build")] {
            let found = arrows::forbidden(&house(from, to, kind));
            assert_eq!(found.len(), 1, "{from} → {to}: {found:?}");
        }
    }
    assert!(
        arrows::forbidden(&house("tillside-cards", "tillside-drivers", Value::Null)).is_empty()
    );
    assert!(arrows::forbidden(&house("tillside-tests", "tillside-hq", Value::Null)).is_empty());
    assert_eq!(
        arrows::forbidden(&house("tillside-newcomer", "tillside-core", Value::Null)).len(),
        1
    );
}

#[test]
fn backoff_outside_its_seam_is_caught() {
    assert_eq!(
        arrows::outside_the_seam(&house("tillside", "backoff", Value::Null)).len(),
        1
    );
    assert!(arrows::outside_the_seam(&house("tillside-sync", "backoff", Value::Null)).is_empty());
    let tree = Tree::planted(&[
        (
            "sync/client/src/retry.rs",
            "use backoff::ExponentialBackoff;",
        ),
        ("sync/client/src/run.rs", "let next = backoff::default();"),
    ]);
    assert_eq!(text::backoff_outside_the_seam(&tree).len(), 1);
}

#[test]
fn a_long_file_is_caught() {
    let (fits, long) = ("x\n".repeat(500), "x\n".repeat(501));
    let tree = Tree::planted(&[
        ("a.rs", &fits),
        ("b.rs", &long),
        ("c.svelte", &long),
        ("d.sql", &long),
        ("package-lock.json", &long),
    ]);
    assert_eq!(text::too_long(&tree).len(), 3);
}

#[test]
fn a_name_that_says_nothing_is_caught() {
    let tree = Tree::planted(&[
        ("agent/src/util.rs", ""),
        ("ui/till/src/helpers.ts", ""),
        ("sync/hq/src/misc/mod.rs", ""),
        ("agent/src/utility_bill.rs", ""),
    ]);
    assert_eq!(text::telling_nothing(&tree).len(), 3);
}

#[test]
fn a_stranger_at_the_top_is_caught() {
    let tree = Tree::planted(&[
        ("notes.txt", ""),
        ("docs/a.md", ""),
        ("agent/x.rs", ""),
        (".ci/run", ""),
    ]);
    assert_eq!(text::strangers_at_the_top(&tree), ["notes.txt", "docs"]);
}

#[test]
fn a_machine_and_a_mirror_are_caught() {
    let tree = Tree::planted(&[
        ("README.md", "see /srv/build/till/target"),
        ("a.rs", "let a = \"/home/anna/x\";"),
        ("b.rs", "GET /v1/homework/1"),
    ]);
    assert_eq!(text::machine_paths(&tree, "/srv/build/till/").len(), 2);
    let crates = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let tree = Tree::planted(&[
        (
            "ui/till/package-lock.json",
            "  \"resolved\": \"https://mirror.example/a.tgz\",",
        ),
        ("ui/till/.npmrc", "registry=https://registry.npmjs.org"),
        (
            "Cargo.lock",
            &format!("{crates}\nsource = \"git+https://example.com/x\""),
        ),
    ]);
    assert_eq!(text::registry_hosts(&tree).len(), 3);
}

#[test]
fn a_crate_without_lints_is_caught() {
    let whole = "unsafe_code = \"forbid\"\nmissing_docs = \"warn\"\nunwrap_used = \"warn\"";
    let tree = Tree::planted(&[
        ("Cargo.toml", whole),
        (
            "agent/Cargo.toml",
            "[package]\n\n[lints]\nworkspace = true\n",
        ),
        ("sync/hq/Cargo.toml", "[package]\n"),
    ]);
    assert_eq!(text::without_lints(&tree).len(), 1);
    let tree = Tree::planted(&[("Cargo.toml", "[workspace]")]);
    assert_eq!(text::without_lints(&tree).len(), 3);
}

#[test]
fn lints_switched_off_are_caught() {
    let tree = Tree::planted(&[
        ("a.rs", "#![allow(missing_docs)]"),
        ("b.rs", "#[expect(missing_docs, reason = \"\")]"),
        ("c.rs", "#![warn(missing_docs)]"),
    ]);
    assert_eq!(text::undocumented_on_purpose(&tree).len(), 2);
    let tree = Tree::planted(&[
        ("a.rs", "#![allow(unsafe_code)]"),
        ("b.rs", "let x = unsafe { f() };"),
        ("c.rs", "// unsafe { } is forbidden"),
    ]);
    assert_eq!(text::unsafe_code(&tree).len(), 2);
}

#[test]
fn an_undocumented_item_is_caught() {
    let bare = "//! M.\n\npub struct A;\n\n#[derive(Debug)]\npub enum B {}\n\nimpl A {\n    pub fn c() {}\n}\n";
    let told = "//! M.\n\n/// A.\n#[derive(\n    Debug,\n)]\npub struct A;\n\npub(crate) fn b() {}\npub use c::D;\n";
    let tests = "//! M.\n#[cfg(test)]\nmod tests {\n    pub fn d() {}\n}\n";
    let tree = Tree::planted(&[("a.rs", bare), ("b.rs", told), ("c.rs", tests)]);
    assert_eq!(
        docs::undocumented(&tree).len(),
        3,
        "{:?}",
        docs::undocumented(&tree)
    );
    let tree = Tree::planted(&[("a.rs", "use std::fs;\n"), ("b.rs", "//! M.\n")]);
    assert_eq!(docs::without_introduction(&tree), ["a.rs"]);
}

#[test]
fn a_patch_that_fits_nothing_is_caught() {
    let good = "It forgets.\nFound-by: tillside-tests --test t\n\n--- a/s.rs\n+++ b/s.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n";
    let found = |code: &str, patch: &str| {
        let files = [("s.rs", code), ("tests/mutants/m.patch", patch)];
        mutants::stale(&Tree::planted(&files)).len()
    };
    // Each time it is also said that there are too few.
    assert_eq!(found("one\ntwo\n", good), 1);
    assert_eq!(found("one\n2\n", good), 2);
    assert_eq!(found("one\ntwo\n", &good.replace("Found-by", "Found")), 2);
    assert_eq!(found("one\ntwo\n", &good.replace("three", "two")), 2);
    assert_eq!(found("one\ntwo\n", &good.replace("s.rs", "t.rs")), 2);
}
