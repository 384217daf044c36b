//! Public items without a word on what they are.
//!
//! The lint `missing_docs` (an error in `cargo xtask ci`) judges what a crate exports, fields and
//! variants included. This rule reads the text, so it also sees the public items of programs and of
//! private modules, which the lint passes over, and it needs no compiler.

use crate::tidy::tree::Tree;

/// What follows `pub ` in an item that has to be documented.
const ITEMS: &[&str] = &[
    "fn ",
    "async fn ",
    "const fn ",
    "struct ",
    "enum ",
    "trait ",
    "union ",
    "type ",
    "const ",
    "static ",
];

/// `path:line: item` of each public item without `///`.
pub fn undocumented(tree: &Tree) -> Vec<String> {
    let product = tree.rust().filter(|file| !is_test(&file.path));
    product
        .flat_map(|file| {
            let lines: Vec<&str> = product_lines(&file.text);
            let bare =
                (0..lines.len()).filter(|at| is_public(lines[*at]) && !is_documented(&lines, *at));
            bare.map(|at| format!("{}:{}: {}", file.path, at + 1, lines[at].trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a file holds only tests, whose items nobody outside reads.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The path of each Rust file that does not say what it is.
pub fn without_introduction(tree: &Tree) -> Vec<String> {
    tree.rust()
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| file.path.clone())
        .collect()
}

/// The lines before the unit tests, which by habit end a file.
fn product_lines(text: &str) -> Vec<&str> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .collect()
}

fn is_public(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("pub ")
        .is_some_and(|item| ITEMS.iter().any(|kind| item.starts_with(kind)))
}

/// Whether the lines above, past attributes, end in a doc comment.
fn is_documented(lines: &[&str], item: usize) -> bool {
    let mut inside_attribute = false;
    for line in lines[..item].iter().rev().map(|line| line.trim()) {
        let doc = line.starts_with("///") || line.starts_with("#[doc") || line.ends_with("*/");
        if doc || line.starts_with("$(#[$") {
            return true;
        }
        let attribute_ends = line.ends_with(']');
        let attribute_begins = line.starts_with("#[");
        inside_attribute = (inside_attribute || attribute_ends) && !attribute_begins;
        if !(inside_attribute || attribute_begins) {
            return false;
        }
    }
    false
}
