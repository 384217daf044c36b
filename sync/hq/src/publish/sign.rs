//! Signing with `tough`: the one place that names its editor.

use super::{PublishError, keys};
use crate::data::{DataDir, DataError};
use aws_lc_rs::rand::SystemRandom;
use std::num::NonZeroU64;
use std::path::Path;
use tillside_core::Timestamp;
use tough::editor::RepositoryEditor;
use tough::editor::signed::{PathExists, SignedRole};
use tough::schema::{KeyHolder, Root, Signed, Timestamp as TimestampRole};

/// How long the newest-bundle statement holds, in days.
const TIMESTAMP_DAYS: i64 = 30;
/// How long everything else holds, in days: ten years.
const LONG_DAYS: i64 = 3_650;

fn after(now: Timestamp, days: i64) -> Result<jiff::Timestamp, PublishError> {
    let seconds = now.0.div_euclid(1000).saturating_add(days * 86_400);
    jiff::Timestamp::from_second(seconds).map_err(|_| PublishError::Damaged)
}

/// The end of what is signed for long.
pub(super) fn long_from(now: Timestamp) -> Result<jiff::Timestamp, PublishError> {
    after(now, LONG_DAYS)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, PublishError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| PublishError::Damaged),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataError::Read {
            path: path.to_owned(),
            source,
        }
        .into()),
    }
}

/// The statement of the newest bundle, as it is served.
pub(super) struct Newest {
    role: TimestampRole,
}

impl Newest {
    /// Reads it; none before the first bundle.
    pub(super) fn read(data: &DataDir) -> Result<Option<Self>, PublishError> {
        let signed: Option<Signed<TimestampRole>> =
            read_json(&data.metadata().join("timestamp.json"))?;
        Ok(signed.map(|signed| Self {
            role: signed.signed,
        }))
    }

    /// The bundle it names.
    pub(super) fn bundle(&self) -> u64 {
        let snapshot = self.role.meta.get("snapshot.json");
        snapshot.map_or(0, |snapshot| snapshot.version.get())
    }

    /// Its own version.
    pub(super) fn version(&self) -> u64 {
        self.role.version.get()
    }

    /// Whether less than half of its time is left.
    pub(super) fn is_ageing(&self, now: Timestamp) -> bool {
        after(now, TIMESTAMP_DAYS / 2).map_or(true, |half| self.role.expires < half)
    }

    /// The same statement, signed anew.
    pub(super) async fn renewed(
        mut self,
        data: &DataDir,
        now: Timestamp,
    ) -> Result<Vec<u8>, PublishError> {
        self.role.version = self.role.version.saturating_add(1);
        self.role.expires = after(now, TIMESTAMP_DAYS)?;
        let root: Signed<Root> = read_json(&data.root_json())?.ok_or(PublishError::Damaged)?;
        let holder = KeyHolder::Root(root.signed);
        let keys = [keys::timestamp_key(data)];
        let signed = SignedRole::new(self.role, &holder, &keys, &SystemRandom::new()).await?;
        Ok(signed.buffer().clone())
    }
}

/// Signs the targets in `parts/in` as bundle `version`, into `parts/metadata` and `parts/targets`.
pub(super) async fn sign(
    data: &DataDir,
    parts: &Path,
    version: u64,
    timestamp_version: u64,
    now: Timestamp,
) -> Result<(), PublishError> {
    let number = |number| NonZeroU64::new(number).ok_or(PublishError::Damaged);
    let targets = parts.join("in");
    let mut editor = RepositoryEditor::new(data.root_json()).await?;
    editor
        .targets_version(number(version)?)?
        .targets_expires(long_from(now)?)?
        .snapshot_version(number(version)?)
        .snapshot_expires(long_from(now)?)
        .timestamp_version(number(timestamp_version)?)
        .timestamp_expires(after(now, TIMESTAMP_DAYS)?);
    let files = std::fs::read_dir(&targets).map_err(|source| DataError::Read {
        path: targets.clone(),
        source,
    })?;
    for file in files.flatten() {
        editor.add_target_path(file.path()).await?;
    }
    let signed = editor.sign(&keys::bundle_keys(data)).await?;
    signed.write(parts.join("metadata")).await?;
    signed
        .copy_targets(&targets, parts.join("targets"), PathExists::Replace)
        .await?;
    Ok(())
}
