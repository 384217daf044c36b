//! The house rules that a compiler does not know: which crate may depend on which, how long a file
//! may be, what lies where. Each rule is a function over the tree, and each has a test that plants a
//! breach and sees it caught. Style inside a function is left to clippy and to people.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod tidy {
    pub mod arrows;
    pub mod docs;
    pub mod mutants;
    pub mod planted;
    pub mod text;
    pub mod tree;
}

use tidy::tree::{self, Tree};
use tidy::{arrows, docs, mutants, text};

/// Fails with every breach on a line of its own.
fn none(rule: &str, breaches: Vec<String>) {
    assert!(breaches.is_empty(), "{rule}\n  {}\n", breaches.join("\n  "));
}

#[test]
fn crates_depend_one_way() {
    none(
        "Dependencies run only along the arrows listed in tests/tidy/arrows.rs:",
        arrows::forbidden(&tree::metadata()),
    );
}

#[test]
fn backoff_has_one_seam() {
    let mut breaches = arrows::outside_the_seam(&tree::metadata());
    breaches.extend(text::backoff_outside_the_seam(&Tree::of_the_project()));
    none(
        "Only tillside-sync::retry may use the crate backoff, which nobody maintains:",
        breaches,
    );
}

#[test]
fn every_crate_keeps_the_workspace_lints() {
    let tree = Tree::of_the_project();
    none(
        "Every crate has `[lints] workspace = true`, and the workspace has the lints:",
        text::without_lints(&tree),
    );
    none(
        "Nobody switches off the lint on missing documentation:",
        text::undocumented_on_purpose(&tree),
    );
    none(
        "Unsafe code is in none but the files listed:",
        text::unsafe_code(&tree),
    );
}

#[test]
fn every_public_item_is_documented() {
    none(
        "Every public item says what it is (///):",
        docs::undocumented(&Tree::of_the_project()),
    );
}

#[test]
fn every_module_says_what_it_is() {
    none(
        "Every Rust file begins with //! and what it is:",
        docs::without_introduction(&Tree::of_the_project()),
    );
}

#[test]
fn files_stay_short_and_have_telling_names() {
    let tree = Tree::of_the_project();
    none(
        "No source file is longer than 500 lines:",
        text::too_long(&tree),
    );
    none(
        "No file is called after what it is not (util, helpers, misc):",
        text::telling_nothing(&tree),
    );
}

#[test]
fn the_top_level_is_the_one_that_was_agreed() {
    none(
        "Nothing else lies at the top of the tree:",
        text::strangers_at_the_top(&Tree::of_the_project()),
    );
}

#[test]
fn no_machine_and_no_mirror_is_named() {
    let tree = Tree::of_the_project();
    let here = format!("{}/", tree::top().display());
    none(
        "No file names a folder of one machine:",
        text::machine_paths(&tree, &here),
    );
    none(
        "No file says where packages are downloaded from:",
        text::registry_hosts(&tree),
    );
}

#[test]
fn planted_bugs_fit_the_code() {
    none(
        "Each patch of tests/mutants fits the code, and says what finds it; make it anew where the code has moved on:",
        mutants::stale(&Tree::of_the_project()),
    );
}
