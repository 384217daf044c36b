//! The project's files and its crates, read once for all rules.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file: its path from the top with `/`, and its text unless it is binary.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The files the rules look at.
pub struct Tree {
    pub files: Vec<Source>,
}

impl Tree {
    /// Every file that is tracked, or would be with the next `git add`.
    pub fn of_the_project() -> Self {
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(top())
            .output()
            .expect("git lists the files of the tree: install git");
        assert!(
            listed.status.success(),
            "the tidy test needs a git clone: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let names = String::from_utf8(listed.stdout).unwrap();
        let files = names.split('\0').filter(|name| !name.is_empty());
        Self {
            files: files.filter_map(read).collect(),
        }
    }

    /// A tree made up by a test.
    pub fn planted(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        Self {
            files: files.collect(),
        }
    }

    /// The files whose names end in one of these, with the dot.
    pub fn ending(&self, endings: &'static [&'static str]) -> impl Iterator<Item = &Source> {
        self.files
            .iter()
            .filter(|file| endings.iter().any(|ending| file.path.ends_with(ending)))
    }

    /// The Rust sources.
    pub fn rust(&self) -> impl Iterator<Item = &Source> {
        self.ending(&[".rs"])
    }
}

/// What cargo says of the workspace's own crates.
pub fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Where the checkout stands.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A file that was deleted and not yet committed as such is no file; a binary one has no text.
fn read(name: &str) -> Option<Source> {
    let bytes = std::fs::read(top().join(name)).ok()?;
    Some(Source {
        path: name.to_owned(),
        text: String::from_utf8(bytes).unwrap_or_default(),
    })
}
