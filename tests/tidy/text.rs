//! Rules on what files are called, how long they are, and what may not stand in them.

use crate::tidy::tree::{Source, Tree};

/// The longest a source file may be, in lines.
const LONGEST: usize = 500;
/// What counts as a source file.
const SOURCES: &[&str] = &[
    ".rs", ".ts", ".svelte", ".css", ".html", ".js", ".sh", ".sql",
];
/// Names that say nothing.
const NOTHING: &[&str] = &[
    "util", "utils", "helper", "helpers", "misc", "common", "stuff",
];
/// What may lie at the top besides dotfiles.
const TOP: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "agent",
    "drivers",
    "hardware-sim",
    "sync",
    "tests",
    "ui",
];
/// Files that may hold unsafe code, with the reason beside each. None yet.
const UNSAFE: &[&str] = &[];
/// The crate manifests' line that takes the workspace's lints over.
const INHERITED: &str = "[lints]\nworkspace = true";
/// The files of this rule book, which quote what they forbid.
const RULES: &str = "tests/tidy";

/// Sources past [`LONGEST`].
pub fn too_long(tree: &Tree) -> Vec<String> {
    tree.ending(SOURCES)
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{}: {lines} lines", file.path))
        .collect()
}

/// Files and folders with a name out of [`NOTHING`].
pub fn telling_nothing(tree: &Tree) -> Vec<String> {
    let says_nothing = |path: &str| {
        path.split('/').any(|part| {
            let stem = part.split('.').next().unwrap_or(part);
            NOTHING.contains(&stem.to_ascii_lowercase().as_str())
        })
    };
    paths(tree.files.iter().filter(|file| says_nothing(&file.path)))
}

/// What lies at the top and is not in [`TOP`].
pub fn strangers_at_the_top(tree: &Tree) -> Vec<String> {
    let mut strangers: Vec<String> = tree
        .files
        .iter()
        .filter_map(|file| file.path.split('/').next())
        .filter(|entry| !entry.starts_with('.') && !TOP.contains(entry))
        .map(str::to_owned)
        .collect();
    strangers.dedup();
    strangers
}

/// Lines that name a folder as it is called on one machine: under somebody's home, or `here`, where
/// this checkout stands.
pub fn machine_paths(tree: &Tree, here: &str) -> Vec<String> {
    naming(tree, &["/root/", "/home/", "/Users/", "C:\\Users", here])
}

/// Lines that say from where packages are downloaded.
pub fn registry_hosts(tree: &Tree) -> Vec<String> {
    let hosts = naming(
        tree,
        &[
            "registry.npmjs",
            "npmmirror",
            "static.crates.io",
            "index.crates.io",
            "\"resolved\":",
            "pypi.org",
        ],
    );
    let locked = tree
        .files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.lock"));
    let foreign = locked.flat_map(|file| {
        lines(file, |line| {
            line.starts_with("source = ")
                && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        })
    });
    hosts.into_iter().chain(foreign).collect()
}

/// Manifests that do not take over the workspace's lints, and lints that the workspace lacks.
pub fn without_lints(tree: &Tree) -> Vec<String> {
    let manifests = tree
        .files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"));
    let mut breaches = Vec::new();
    for file in manifests {
        let wanted: &[&str] = if file.path == "Cargo.toml" {
            &[
                "unsafe_code = \"forbid\"",
                "missing_docs = ",
                "unwrap_used = ",
            ]
        } else {
            &[INHERITED]
        };
        let text = file.text.replace("\r\n", "\n");
        let missing = wanted.iter().filter(|line| !text.contains(**line));
        breaches.extend(missing.map(|line| format!("{}: lacks {line:?}", file.path)));
    }
    breaches
}

/// Lines that switch `missing_docs` off.
pub fn undocumented_on_purpose(tree: &Tree) -> Vec<String> {
    let off = |line: &str| {
        line.contains("missing_docs") && ["allow", "expect"].iter().any(|word| line.contains(word))
    };
    rust_outside_rules(tree)
        .flat_map(|file| lines(file, off))
        .collect()
}

/// Unsafe code, or leave for it, outside [`UNSAFE`].
pub fn unsafe_code(tree: &Tree) -> Vec<String> {
    let opens = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.contains("(unsafe_code")
            || ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                .iter()
                .any(|start| code.contains(start))
    };
    rust_outside_rules(tree)
        .filter(|file| !UNSAFE.contains(&file.path.as_str()))
        .flat_map(|file| lines(file, opens))
        .collect()
}

/// Uses of `backoff` in the text, outside of the module that is its seam.
pub fn backoff_outside_the_seam(tree: &Tree) -> Vec<String> {
    rust_outside_rules(tree)
        .filter(|file| !file.path.starts_with("sync/client/src/retry"))
        .flat_map(|file| {
            lines(file, |line| {
                line.contains("use backoff") || line.contains("backoff::")
            })
        })
        .collect()
}

fn rust_outside_rules(tree: &Tree) -> impl Iterator<Item = &Source> {
    tree.rust().filter(|file| !file.path.starts_with(RULES))
}

fn naming(tree: &Tree, words: &[&str]) -> Vec<String> {
    let files = tree
        .files
        .iter()
        .filter(|file| !file.path.starts_with(RULES));
    files
        .flat_map(|file| lines(file, |line| words.iter().any(|word| line.contains(word))))
        .collect()
}

fn lines(file: &Source, breach: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = file.text.lines().enumerate();
    numbered
        .filter(|(_, line)| breach(line))
        .map(|(at, line)| {
            let start: String = line.trim().chars().take(90).collect();
            format!("{}:{}: {start}", file.path, at + 1)
        })
        .collect()
}

fn paths<'a>(files: impl Iterator<Item = &'a Source>) -> Vec<String> {
    files.map(|file| file.path.clone()).collect()
}
