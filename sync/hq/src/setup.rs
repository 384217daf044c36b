//! Founding an HQ: its folder, database, certificate authority and signing keys.

use crate::catalogue::CatalogueStore;
use crate::data::{DataDir, DataError, write_private, write_whole};
use crate::fleet::authority::{Authority, AuthorityError};
use crate::publish::{PublishError, create_keys};
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;
use std::path::Path;
use tillside_core::Timestamp;

/// Why no HQ could be founded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The certificate authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The signing keys.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Founds the HQ of a chain in a folder that holds none. `hosts` are the names and addresses that
/// terminals reach it by, beside this machine's own.
pub async fn found(
    root: &Path,
    chain: &str,
    hosts: &[String],
    now: Timestamp,
) -> Result<DataDir, SetupError> {
    let data = DataDir::create(root)?;
    let authority = Authority::create(&data, chain, now)?;
    let (certificate, key) = authority.issue_server(hosts, now)?;
    write_private(&data.server_key(), key.as_bytes())?;
    write_whole(&data.server_certificate(), certificate.as_bytes())?;
    write_whole(&data.server_hosts(), hosts.join("\n").as_bytes())?;
    create_keys(&data, now).await?;
    // The database comes last: a folder that has one is whole.
    let store = SqliteStore::open(&data.database())?;
    store.found_chain(chain.to_owned(), now).await?;
    Ok(data)
}
