//! The signing keys: one for each role, made once; and the root that names them.

use super::PublishError;
use crate::data::{DataDir, write_private, write_whole};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use std::collections::HashMap;
use std::num::NonZeroU64;
use tillside_core::Timestamp;
use tough::editor::signed::SignedRole;
use tough::key_source::{KeySource, LocalKeySource};
use tough::schema::{KeyHolder, RoleKeys, RoleType, Root};
use tough::sign::Sign;

const ROLES: [(RoleType, &str); 4] = [
    (RoleType::Root, "root"),
    (RoleType::Targets, "targets"),
    (RoleType::Snapshot, "snapshot"),
    (RoleType::Timestamp, "timestamp"),
];

/// Makes an Ed25519 key for each role and signs the first root.
pub async fn create_keys(data: &DataDir, now: Timestamp) -> Result<(), PublishError> {
    let random = SystemRandom::new();
    let (mut keys, mut roles) = (HashMap::new(), HashMap::new());
    for (role, name) in ROLES {
        let document = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| PublishError::Key)?;
        write_private(&data.role_key(name), document.as_ref())?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| PublishError::Key)?;
        let key = pair.tuf_key();
        let id = key.key_id().map_err(|_| PublishError::Key)?;
        let role_keys = RoleKeys {
            keyids: vec![id.clone()],
            threshold: NonZeroU64::MIN,
            _extra: HashMap::new(),
        };
        keys.insert(id, key);
        roles.insert(role, role_keys);
    }
    let root = Root {
        spec_version: "1.0.0".to_owned(),
        consistent_snapshot: true,
        version: NonZeroU64::MIN,
        expires: super::sign::long_from(now)?,
        keys,
        roles,
        _extra: HashMap::new(),
    };
    let holder = KeyHolder::Root(root.clone());
    let signed = SignedRole::new(root, &holder, &[source(data, "root")], &random).await?;
    write_whole(&data.root_json(), signed.buffer())?;
    Ok(())
}

/// The keys that sign a bundle.
pub(super) fn bundle_keys(data: &DataDir) -> Vec<Box<dyn KeySource>> {
    ["targets", "snapshot", "timestamp"]
        .map(|name| source(data, name))
        .into()
}

/// The key that signs the timestamp alone.
pub(super) fn timestamp_key(data: &DataDir) -> Box<dyn KeySource> {
    source(data, "timestamp")
}

fn source(data: &DataDir, role: &str) -> Box<dyn KeySource> {
    Box::new(LocalKeySource {
        path: data.role_key(role),
    })
}
