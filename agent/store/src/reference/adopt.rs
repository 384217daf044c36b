//! Putting a verified bundle in force: all of it, with the record that says so, or nothing.

use super::InForce;
use super::fill::fill;
use crate::commit::record;
use crate::error::{StoreError, Within, unreadable};
use crate::{Store, Till, store};
use sha2::{Digest, Sha256};
use std::io::Write;
use tillside_core::{Bundle, Event, Hash, Now, RuleBook, Sealed};

/// What became of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Adopted {
    /// It is in force, and this record says so.
    InForce(Sealed),
    /// It was in force already, with the same content. Nothing was written.
    Already,
}

impl Store {
    /// Puts a bundle in force, in one transaction with its record.
    ///
    /// The caller has verified it (invariant 8). Refused: an older version, the same version with
    /// another content, another store's, one whose rules do not compile or that contradicts itself;
    /// then the bundle in force stays.
    pub fn adopt(&mut self, bundle: &Bundle, now: Now) -> Result<Adopted, StoreError> {
        let digest = self.read(|_| digest(bundle))?;
        let before = self.enrolled()?.clone();
        if before.reference.version == bundle.version && before.reference.digest == Some(digest) {
            return Ok(Adopted::Already);
        }
        permitted(&before, bundle)?;
        let (till, sealed) = self.write(|tx| {
            fill(tx, bundle, digest)?;
            let mut till = before.clone();
            let version = bundle.version;
            let sealed = record(tx, &mut till, now, &Event::BundleAdopted { version })?;
            till.reference = InForce::read(tx, till.profile.terminal)?;
            till.profile.profile = bundle.profile.clone();
            till.zone = store::zone(&bundle.profile.time_zone)?;
            Ok((till, sealed))
        })?;
        self.till = Some(till);
        tracing::info!(version = bundle.version, "bundle in force");
        Ok(Adopted::InForce(sealed))
    }
}

/// Whether a bundle may take the place of the one in force.
fn permitted(till: &Till, bundle: &Bundle) -> Result<(), StoreError> {
    let (offered, adopted) = (bundle.version, till.reference.version);
    if offered < adopted {
        return Err(StoreError::OlderBundle { offered, adopted });
    }
    if offered == adopted {
        return Err(StoreError::ChangedBundle { version: offered });
    }
    let (ours, theirs) = (&till.profile.profile.store, &bundle.profile.store);
    if ours != theirs {
        return Err(StoreError::ForeignBundle {
            ours: ours.clone(),
            offered: theirs.clone(),
        });
    }
    store::zone(&bundle.profile.time_zone)?;
    RuleBook::of(offered, &bundle.rules).map_err(StoreError::WrongRules)?;
    if let Some(sheet) = &bundle.purse {
        sheet.check().map_err(StoreError::WrongPurses)?;
    }
    Ok(())
}

/// The hash of everything in a bundle but its version, part by part, without a copy of it.
fn digest(bundle: &Bundle) -> Within<Hash> {
    struct Hashing(Sha256);
    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let parts = (
        &bundle.profile,
        &bundle.rules,
        &bundle.products,
        &bundle.members,
        &bundle.coupons,
    );
    let mut to = std::io::BufWriter::new(Hashing(Sha256::new()));
    serde_json::to_writer(&mut to, &parts).map_err(|e| unreadable("the bundle", e))?;
    // Left out where there is neither, so that a bundle adopted before these were known keeps its hash.
    if bundle.purse.is_some() || bundle.member_codes.is_some() {
        let parts = (&bundle.purse, &bundle.member_codes);
        serde_json::to_writer(&mut to, &parts).map_err(|e| unreadable("the bundle", e))?;
    }
    if !bundle.allowance_keys.is_empty() {
        serde_json::to_writer(&mut to, &bundle.allowance_keys)
            .map_err(|e| unreadable("the bundle", e))?;
    }
    let hashing = to
        .into_inner()
        .map_err(|e| unreadable("the bundle", e.into_error()))?;
    Ok(Hash::from_bytes(hashing.0.finalize().into()))
}
