//! Signed bundles on disk, as HQ publishes them, with a hand on every screw.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use serde_json::json;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tough::editor::RepositoryEditor;
use tough::editor::signed::{PathExists, SignedRole};
use tough::key_source::{KeySource, LocalKeySource};
use tough::schema::{KeyHolder, RoleKeys, RoleType, Root};
use tough::sign::Sign;

/// What a bundle holds besides its version.
pub struct Contents {
    pub targets: Vec<(&'static str, serde_json::Value)>,
    pub timestamp_days: i64,
    /// What the signed metadata claims to be the products' length, if not the truth.
    pub claimed_length: Option<u64>,
}

impl Default for Contents {
    fn default() -> Self {
        let profile = json!({"store": "S1", "name": "One", "time_zone": "UTC", "currency": "EUR"});
        let members = json!({"as_of": 0, "included": {}, "members": []});
        let coupons = json!({"holder": null, "numbers": [], "revoked": [], "elsewhere": []});
        Self {
            targets: vec![
                ("rules.json", json!({"v": 1, "rules": [], "plans": []})),
                ("products.json", json!([])),
                (
                    "store-S1.json",
                    json!({"profile": profile, "members": members, "coupons": coupons}),
                ),
            ],
            timestamp_days: 30,
            claimed_length: None,
        }
    }
}

/// A publisher with one key for all roles, and the folder it publishes to.
pub struct Publisher {
    folder: TempDir,
    key: PathBuf,
    root_version: u64,
}

impl Publisher {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut publisher = Self {
            key: folder.path().join("key-0"),
            folder,
            root_version: 0,
        };
        std::fs::create_dir_all(publisher.served().join("metadata")).unwrap();
        publisher.rotate().await;
        publisher
    }

    /// Where the served files are: `metadata/`, `targets/`.
    pub fn served(&self) -> PathBuf {
        self.folder.path().join("served")
    }

    /// The newest root.
    pub fn root(&self) -> String {
        std::fs::read_to_string(self.root_path()).unwrap()
    }

    fn root_path(&self) -> PathBuf {
        let name = format!("{}.root.json", self.root_version);
        self.served().join("metadata").join(name)
    }

    /// New keys, vouched for by the old ones.
    pub async fn rotate(&mut self) {
        let old = (self.root_version > 0).then(|| self.key.clone());
        self.root_version += 1;
        self.key = self
            .folder
            .path()
            .join(format!("key-{}", self.root_version));
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        std::fs::write(&self.key, document.as_ref()).unwrap();
        let mut keys = HashMap::new();
        let mut ids = Vec::new();
        for path in old.iter().chain([&self.key]) {
            let bytes = std::fs::read(path).unwrap();
            let key = Ed25519KeyPair::from_pkcs8(&bytes).unwrap().tuf_key();
            ids.push(key.key_id().unwrap());
            keys.insert(key.key_id().unwrap(), key);
        }
        let of = |ids: &[_]| RoleKeys {
            keyids: ids.to_vec(),
            threshold: NonZeroU64::MIN,
            _extra: HashMap::new(),
        };
        let newest = &ids[ids.len() - 1..];
        let root = Root {
            spec_version: "1.0.0".to_owned(),
            consistent_snapshot: true,
            version: NonZeroU64::new(self.root_version).unwrap(),
            expires: in_days(100),
            keys,
            roles: [
                (RoleType::Root, of(&ids)),
                (RoleType::Targets, of(newest)),
                (RoleType::Snapshot, of(newest)),
                (RoleType::Timestamp, of(newest)),
            ]
            .into(),
            _extra: HashMap::new(),
        };
        let sources: Vec<_> = old
            .into_iter()
            .chain([self.key.clone()])
            .map(source)
            .collect();
        let holder = KeyHolder::Root(root.clone());
        let random = SystemRandom::new();
        let signed = SignedRole::new(root, &holder, &sources, &random).await;
        std::fs::write(self.root_path(), signed.unwrap().buffer()).unwrap();
    }

    /// Publishes a good bundle.
    pub async fn publish(&self, version: u64) {
        self.publish_with(version, Contents::default()).await;
    }

    pub async fn publish_with(&self, version: u64, contents: Contents) {
        let parts = TempDir::new().unwrap();
        let number = NonZeroU64::new(version).unwrap();
        let mut editor = RepositoryEditor::new(self.root_path()).await.unwrap();
        editor
            .targets_version(number)
            .unwrap()
            .targets_expires(in_days(90))
            .unwrap();
        editor
            .snapshot_version(number)
            .snapshot_expires(in_days(90));
        editor
            .timestamp_version(number)
            .timestamp_expires(in_days(contents.timestamp_days));
        for (name, target) in contents.targets {
            let path = parts.path().join(name);
            std::fs::write(&path, serde_json::to_vec(&target).unwrap()).unwrap();
            let (name, mut target) = RepositoryEditor::build_target(&path).await.unwrap();
            if let ("products.json", Some(length)) = (name.raw(), contents.claimed_length) {
                target.length = length;
            }
            editor.add_target(name, target).unwrap();
        }
        let signed = editor.sign(&[source(self.key.clone())]).await.unwrap();
        signed.write(self.served().join("metadata")).await.unwrap();
        let targets = self.served().join("targets");
        signed
            .copy_targets(parts.path(), targets, PathExists::Replace)
            .await
            .unwrap();
    }

    /// The served file whose name ends so.
    pub fn file(&self, ending: &str) -> PathBuf {
        ["metadata", "targets"]
            .iter()
            .flat_map(|part| std::fs::read_dir(self.served().join(part)).unwrap())
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_str().unwrap().ends_with(ending))
            .unwrap()
    }

    /// Changes one served file.
    pub fn tamper(&self, ending: &str, from: &str, to: &str) {
        let path = self.file(ending);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }
}

fn source(path: PathBuf) -> Box<dyn KeySource> {
    Box::new(LocalKeySource { path })
}

fn in_days(days: i64) -> jiff::Timestamp {
    let seconds = jiff::Timestamp::now().as_second() + days * 86_400;
    jiff::Timestamp::from_second(seconds).unwrap()
}

/// Copies a folder and what is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
