//! The sample chain of `tests/sample`: two stores, 40 products, 200 members, coupons.

use std::path::{Path, PathBuf};

/// The files of a chain, in a folder.
#[derive(Clone, Debug)]
pub struct Sample {
    folder: PathBuf,
}

/// The chain that comes with the source tree.
pub fn sample() -> Sample {
    Sample {
        folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("sample"),
    }
}

impl Sample {
    /// One file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Kind and file of everything HQ imports, in an order that works.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        [
            ("stores", "stores.csv"),
            ("products", "products.csv"),
            ("members", "members.csv"),
            ("rules", "rules.json"),
            ("coupons", "coupons.csv"),
        ]
        .map(|(kind, name)| (kind, self.file(name)))
        .into()
    }

    /// The coupon numbers of a plan that a store holds, in the file's order.
    pub fn coupons(&self, plan: &str, store: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.file("coupons.csv")).unwrap_or_default();
        let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row.len() == 3 && row[1] == plan && row[2] == store)
            .map(|row| row[0].to_owned())
            .collect()
    }
}
