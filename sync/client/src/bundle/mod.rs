//! Bundles: fetched, verified, and only then read (invariant 8).
//!
//! `tough` checks signatures, versions, dates, lengths and hashes from the root that enrolment
//! brought; an older bundle never replaces a newer one. Putting a bundle in force is left to the
//! agent's store: here nothing is changed but the newest metadata that was seen.

mod error;
mod transport;
mod verdict;

pub use error::BundleError;

use crate::clock::agree;
use crate::https::Wire;
use crate::{FileError, Identity, files};
use std::path::PathBuf;
use tillside_protocol::tillside_core::{Bundle, StoreId, Timestamp};
use tillside_protocol::{
    METADATA, OPEN_COUPONS, PRODUCTS, RULES, TARGET_BYTE_LIMIT, TARGETS, VerifiedTargets,
    store_target,
};
use tough::schema::{Root, Signed};
use tough::{IntoVec, Limits, Repository, RepositoryLoader, TargetName};
use transport::HqFiles;
use verdict::refusal;

/// The longest metadata file of each kind, in bytes.
const METADATA_LIMIT: u64 = 1 << 20;
/// The most rotations of the root in one go.
const ROOT_LIMIT: u64 = 256;
/// Where `tough` keeps the newest time it saw.
const NEWEST_TIME: &str = "latest_known_time.json";

/// Where one terminal's bundles come from, and what it has seen of them.
#[derive(Debug)]
pub(crate) struct Bundles {
    store: StoreId,
    root: PathBuf,
    seen: PathBuf,
}

impl Bundles {
    pub(crate) fn new(identity: &Identity) -> Self {
        Self {
            store: identity.terminal().profile.store.clone(),
            root: identity.root_file(),
            seen: identity.bundle_folder(),
        }
    }

    /// The newest bundle if it is newer than `current`, verified and read.
    pub(crate) async fn pull(
        &self,
        wire: &Wire,
        current: u64,
        wall: Timestamp,
        hq_now: Timestamp,
    ) -> Result<Option<Bundle>, BundleError> {
        self.mend_newest_time(wall, hq_now)?;
        let repository = self
            .verified(wire)
            .await
            .map_err(|error| error.with_clocks(wall, hq_now))?;
        let version = repository.targets().signed.version.get();
        if version < current {
            return Err(BundleError::Older { source: None });
        }
        if version == current {
            return Ok(None);
        }
        let rules = self.part(&repository, RULES).await?;
        let products = self.part(&repository, PRODUCTS).await?;
        let store = self.part(&repository, &store_target(&self.store)).await?;
        // What the signed list of parts does not name, no bundle has.
        let open_coupons = match lists(&repository, OPEN_COUPONS) {
            true => Some(self.part(&repository, OPEN_COUPONS).await?),
            false => None,
        };
        let targets = VerifiedTargets {
            version,
            rules: &rules,
            products: &products,
            store: &store,
            open_coupons: open_coupons.as_deref(),
        };
        Ok(Some(targets.read()?))
    }

    /// HQ's metadata, verified from the trusted root, not older than any seen before.
    async fn verified(&self, wire: &Wire) -> Result<Repository, BundleError> {
        let trusted = files::read(&self.root)?;
        files::make_folder(&self.seen)?;
        let at = |path| wire.at(path).map_err(BundleError::before);
        let repository = RepositoryLoader::new(&trusted, at(METADATA)?, at(TARGETS)?)
            .transport(HqFiles(wire.clone()))
            .datastore(&self.seen)
            .limits(Limits {
                max_root_size: METADATA_LIMIT,
                max_targets_size: METADATA_LIMIT,
                max_timestamp_size: METADATA_LIMIT,
                max_snapshot_size: METADATA_LIMIT,
                max_root_updates: ROOT_LIMIT,
            })
            .load()
            .await
            .map_err(refusal)?;
        self.keep_root(&trusted, &repository)?;
        Ok(repository)
    }

    /// A root that the trusted one vouched for is the trusted one from now on. If it were not, every
    /// load after a change of keys would begin by forgetting the newest metadata.
    fn keep_root(&self, trusted: &[u8], repository: &Repository) -> Result<(), BundleError> {
        let known = serde_json::from_slice::<Signed<Root>>(trusted).ok();
        let newest = repository.root();
        if known.is_some_and(|known| known.signed.version >= newest.signed.version) {
            return Ok(());
        }
        match serde_json::to_vec(newest) {
            Ok(root) => Ok(files::replace(&self.root, &root)?),
            Err(error) => Err(FileError::on(&self.root, "written")(error.into()).into()),
        }
    }

    /// One target, verified.
    async fn part(&self, repository: &Repository, name: &str) -> Result<Vec<u8>, BundleError> {
        let missing = || BundleError::Incomplete {
            part: name.to_owned(),
        };
        let target = TargetName::new(name).map_err(|_| missing())?;
        let listed = repository.targets().signed.targets.get(&target);
        if listed.ok_or_else(missing)?.length > TARGET_BYTE_LIMIT {
            let part = name.to_owned();
            return Err(BundleError::TooLarge { part });
        }
        let stream = repository.read_target(&target).await.map_err(refusal)?;
        stream
            .ok_or_else(missing)?
            .into_vec()
            .await
            .map_err(refusal)
    }

    /// A clock that once ran ahead leaves a newest time that lies in the future, and every load after
    /// it would be refused. If HQ, whom TLS vouches for, agrees with the clock now, that is forgotten.
    fn mend_newest_time(&self, wall: Timestamp, hq_now: Timestamp) -> Result<(), BundleError> {
        let file = self.seen.join(NEWEST_TIME);
        let newest = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<jiff::Timestamp>(&bytes).ok());
        match newest {
            Some(newest) if newest.as_millisecond() > wall.0 && agree(wall, hq_now) => {
                std::fs::remove_file(&file).map_err(FileError::on(&file, "removed"))?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether the signed list of a bundle's parts names this one.
fn lists(repository: &Repository, name: &str) -> bool {
    let target = TargetName::new(name).ok();
    target.is_some_and(|target| repository.targets().signed.targets.contains_key(&target))
}

/// Whether these bytes are a root that signs itself.
pub(crate) fn check_root(bytes: &[u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let root: Signed<Root> = serde_json::from_slice(bytes)?;
    root.signed.verify_role(&root)?;
    Ok(())
}
