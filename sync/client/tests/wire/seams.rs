//! Which crates may be named where.

use std::path::{Path, PathBuf};

/// Every source file of the crate that contains `word`.
fn naming(word: &str) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![source.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).unwrap().contains(word) {
                found.push(path.strip_prefix(&source).unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn the_network_has_one_folder() {
    for word in ["reqwest::", "rustls::"] {
        let files = naming(word);
        assert!(
            files.iter().all(|file| file.starts_with("https")),
            "{word} {files:?}"
        );
        assert!(
            !files.is_empty(),
            "{word} is named nowhere: look for another word"
        );
    }
}

#[test]
fn the_engine_has_no_clock_chance_or_network() {
    for word in [
        "Instant::now",
        "SystemTime",
        "wall_clock",
        "getrandom",
        "tokio::",
        "async ",
    ] {
        let mut files = naming(word);
        files.retain(|file| file.starts_with("engine"));
        assert!(files.is_empty(), "{word} {files:?}");
    }
}
