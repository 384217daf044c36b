//! The served folder: written aside, moved in whole, switched by one rename.

use super::sign::{Newest, sign};
use super::{BundleNote, Edition, PublishError, PublishStore};
use crate::data::{DataDir, DataError, write_whole};
use crate::emoney::codes;
use crate::leases::keys;
use serde::Serialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use tillside_core::Timestamp;
use tillside_protocol::{OPEN_COUPONS, PRODUCTS, RULES, TARGET_BYTE_LIMIT, store_target};

/// The bundles whose files stay beside the newest, for terminals that are half through one.
const KEPT_BUNDLES: u64 = 3;
const SWITCH: &str = "timestamp.json";

/// The newest bundle that is served; 0 before the first.
pub fn newest(data: &DataDir) -> Result<u64, PublishError> {
    Ok(Newest::read(data)?.map_or(0, |newest| newest.bundle()))
}

/// Publishes what HQ knows as the next bundle.
pub async fn publish(
    data: &DataDir,
    store: &(impl PublishStore + ?Sized),
    now: Timestamp,
) -> Result<BundleNote, PublishError> {
    let _lock = lock(data).await?;
    let served = Newest::read(data)?;
    let newest = served.as_ref().map_or(0, Newest::bundle);
    let version = newest.max(store.newest_bundle().await?) + 1;
    let mut edition = store.edition(now).await?;
    let codes = codes::sheet(data, store.revoked_phones(now).await?)?;
    let rules = &edition.rules;
    let quotas = rules.plans.iter().any(|plan| plan.shared_code().is_some());
    let allowances = keys::told(data, quotas || rules.points.redeem.is_some())?;
    for store in &mut edition.stores {
        store.member_codes.clone_from(&codes);
        store.allowance_keys.clone_from(&allowances);
    }
    edition.check(version)?;
    let parts = Parts::begin(data)?;
    write_targets(&parts.folder.join("in"), &edition)?;
    let timestamp = served.map_or(0, |served| served.version()) + 1;
    sign(data, &parts.folder, version, timestamp, now).await?;
    let note = edition.note(version, now);
    parts.switch(data)?;
    store.note_bundle(note, edition.told()).await?;
    prune(data, version);
    Ok(note)
}

/// Signs the statement of the newest bundle anew, if half of its time is over. True: it did.
pub async fn refresh(data: &DataDir, now: Timestamp) -> Result<bool, PublishError> {
    let _lock = lock(data).await?;
    match Newest::read(data)? {
        Some(newest) if newest.is_ageing(now) => {
            let bytes = newest.renewed(data, now).await?;
            write_whole(&data.metadata().join(SWITCH), &bytes)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Keeps two programs from signing at once; given back when dropped.
async fn lock(data: &DataDir) -> Result<File, PublishError> {
    let path = data.publish_lock();
    let locked = tokio::task::spawn_blocking(move || {
        let failed = |source| DataError::Write {
            path: path.clone(),
            source,
        };
        let file = File::create(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    });
    match locked.await {
        Ok(file) => file,
        Err(_) => Err(PublishError::Damaged),
    }
}

fn write_targets(folder: &Path, edition: &Edition) -> Result<(), PublishError> {
    write_target(folder, RULES, &edition.rules)?;
    write_target(folder, PRODUCTS, &edition.products)?;
    if !edition.open.is_empty() {
        write_target(folder, OPEN_COUPONS, &edition.open)?;
    }
    for store in &edition.stores {
        write_target(folder, &store_target(&store.profile.store), store)?;
    }
    Ok(())
}

fn write_target(folder: &Path, name: &str, target: &impl Serialize) -> Result<(), PublishError> {
    let bytes = serde_json::to_vec(target).map_err(PublishError::Json)?;
    if bytes.len() as u64 > TARGET_BYTE_LIMIT {
        return Err(PublishError::TooLarge {
            target: name.to_owned(),
            bytes: bytes.len() as u64,
        });
    }
    write_whole(&folder.join(name), &bytes)?;
    Ok(())
}

/// A bundle on its way: written beside the served folder, removed when dropped.
struct Parts {
    folder: PathBuf,
}

impl Parts {
    fn begin(data: &DataDir) -> Result<Self, PublishError> {
        let folder = data.bundle().join("next");
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["in", "metadata", "targets"] {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(|source| DataError::Write { path, source })?;
        }
        Ok(Self { folder })
    }

    /// Moves the files into the served folder, the switch last.
    fn switch(&self, data: &DataDir) -> Result<(), PublishError> {
        move_all(&self.folder.join("targets"), &data.targets())?;
        move_all(&self.folder.join("metadata"), &data.metadata())?;
        Ok(move_in(
            &self.folder.join("metadata").join(SWITCH),
            &data.metadata().join(SWITCH),
        )?)
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Moves every file but the switch, and none that is there already under its name for ever.
fn move_all(from: &Path, to: &Path) -> Result<(), PublishError> {
    let files = std::fs::read_dir(from).map_err(|source| DataError::Read {
        path: from.to_owned(),
        source,
    })?;
    for file in files.flatten() {
        let name = file.file_name();
        let at_last = to.join(&name);
        if name != SWITCH && !at_last.exists() {
            move_in(&file.path(), &at_last)?;
        }
    }
    Ok(())
}

fn move_in(from: &Path, to: &Path) -> Result<(), DataError> {
    let failed = |source| DataError::Write {
        path: to.to_owned(),
        source,
    };
    let file = File::options().write(true).open(from).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    drop(file);
    std::fs::rename(from, to).map_err(failed)
}

/// Removes the files of bundles that nobody can be half through any more. What cannot be removed
/// now is removed at the next publishing.
fn prune(data: &DataDir, newest: u64) {
    let oldest = newest.saturating_sub(KEPT_BUNDLES - 1);
    let mut named = String::new();
    for version in oldest..=newest {
        let path = data.metadata().join(format!("{version}.targets.json"));
        match std::fs::read_to_string(path) {
            Ok(text) => named.push_str(&text),
            // A version that was never finished names nothing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => return,
        }
    }
    for (folder, is_old) in [
        (data.metadata(), &is_before(oldest) as &dyn Fn(&str) -> bool),
        (data.targets(), &|name: &str| {
            name.split('.')
                .next()
                .is_some_and(|hash| !named.contains(hash))
        }),
    ] {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if file.file_name().to_str().is_some_and(is_old) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

fn is_before(oldest: u64) -> impl Fn(&str) -> bool {
    move |name| match name.split_once('.') {
        Some((version, "targets.json" | "snapshot.json")) => {
            version.parse::<u64>().is_ok_and(|version| version < oldest)
        }
        _ => false,
    }
}
