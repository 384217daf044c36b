//! An HQ with the sample chain, in a folder of its own.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tillside_sync::{EnrolError, HqClient, Identity, Replacing, enrol};
use tillside_tests::{Headquarters, sample};

/// An HQ that serves; it ends with the test.
pub struct Stage {
    pub folder: TempDir,
    pub hq: Headquarters,
}

impl Stage {
    /// Founds an HQ, imports the sample chain and serves; nothing is published yet.
    pub fn new() -> Self {
        tillside_tests::prepare();
        let folder = TempDir::new().unwrap();
        let mut hq = Headquarters::found(&folder.path().join("hq"), "Corner Shops").unwrap();
        hq.import(&sample()).unwrap();
        hq.start().unwrap();
        Self { folder, hq }
    }

    /// The same with one bundle.
    pub fn published() -> Self {
        let stage = Self::new();
        stage.publish();
        stage
    }

    pub fn publish(&self) {
        self.hq.run(&["publish"]).unwrap();
    }

    /// A folder for a terminal's identity.
    pub fn till_folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("hq")
    }

    pub async fn enrol(&self, name: &str, code: &str) -> Result<Identity, EnrolError> {
        enrol_at(&self.hq.address(), &self.till_folder(name), code).await
    }

    /// An enrolled terminal of S1.
    pub async fn client(&self, name: &str) -> HqClient {
        let code = self.hq.invite("S1").unwrap();
        HqClient::new(self.enrol(name, &code).await.unwrap()).unwrap()
    }

    /// One whose certificates last for so many seconds.
    pub async fn client_for(&self, name: &str, seconds: u32) -> HqClient {
        let seconds = seconds.to_string();
        let words = [
            "terminal",
            "invite",
            "--store",
            "S1",
            "--certificate-seconds",
            &seconds,
        ];
        let said = self.hq.run(&words).unwrap();
        let code = said.lines().last().unwrap();
        HqClient::new(self.enrol(name, code).await.unwrap()).unwrap()
    }

    /// What HQ serves of its bundles.
    pub fn bundle(&self) -> PathBuf {
        self.hq.folder().join("bundle")
    }
}

/// Enrols at any address.
pub async fn enrol_at(address: &str, folder: &Path, code: &str) -> Result<Identity, EnrolError> {
    let lane = "1".parse().unwrap();
    enrol(folder, address, code, lane, Replacing::Never).await
}

/// Puts a copy of `from` in the place of `to`.
pub fn replace(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            replace(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}
