//! HQ's data folder: what lies where, and files that are written whole or not at all.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why a file of the data folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The folder is no HQ.
    #[error("{0} holds no HQ: make one with `tillside-hq --data DIR init --name NAME`")]
    NotAnHq(PathBuf),
    /// The folder holds one already.
    #[error("{0} holds an HQ already, and nothing was changed: choose another folder")]
    Exists(PathBuf),
    /// Reading failed.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Writing failed.
    #[error("cannot write {path}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The folder.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// A folder that holds an HQ or will.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// A folder that holds an HQ.
    pub fn existing(root: &Path) -> Result<Self, DataError> {
        let data = Self::new(root);
        if data.database().is_file() && data.ca_certificate().is_file() {
            Ok(data)
        } else {
            Err(DataError::NotAnHq(root.to_owned()))
        }
    }

    /// Makes the folder, which must hold no HQ yet.
    pub fn create(root: &Path) -> Result<Self, DataError> {
        let data = Self::new(root);
        if data.database().exists() || data.ca().exists() || data.bundle().exists() {
            return Err(DataError::Exists(root.to_owned()));
        }
        for folder in [
            data.ca(),
            data.keys(),
            data.metadata(),
            data.targets(),
            data.server(),
        ] {
            std::fs::create_dir_all(&folder).map_err(|source| DataError::Write {
                path: folder,
                source,
            })?;
        }
        data.close_to_others()?;
        Ok(data)
    }

    /// Lets nobody else on this machine look in: the database holds members.
    fn close_to_others(&self) -> Result<(), DataError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let only_owner = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&self.root, only_owner).map_err(|source| {
                DataError::Write {
                    path: self.root.clone(),
                    source,
                }
            })?;
        }
        Ok(())
    }

    /// The SQLite database.
    pub fn database(&self) -> PathBuf {
        self.root.join("hq.db")
    }

    /// The signed bundles: [`DataDir::metadata`] and [`DataDir::targets`].
    pub fn bundle(&self) -> PathBuf {
        self.root.join("bundle")
    }

    /// Signed metadata as it is served.
    pub fn metadata(&self) -> PathBuf {
        self.bundle().join("metadata")
    }

    /// Signed targets as they are served.
    pub fn targets(&self) -> PathBuf {
        self.bundle().join("targets")
    }

    /// The first trusted root.
    pub fn root_json(&self) -> PathBuf {
        self.metadata().join("1.root.json")
    }

    /// What is held while a bundle is signed.
    pub fn publish_lock(&self) -> PathBuf {
        self.root.join("publish.lock")
    }

    /// The folder of signing keys.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The key of one TUF role.
    pub fn role_key(&self, role: &str) -> PathBuf {
        self.keys().join(format!("{role}.pk8"))
    }

    /// HQ's key for the codes of members' phones.
    pub fn member_code_key(&self) -> PathBuf {
        self.keys().join("member-code.key")
    }

    /// HQ's key for shares of quotas.
    pub fn allowance_key(&self) -> PathBuf {
        self.keys().join("allowance.key")
    }

    /// HQ's secret that the keys of plans with signed coupons are derived from.
    pub fn coupon_key(&self) -> PathBuf {
        self.keys().join("coupon.key")
    }

    /// HQ's key for acknowledged journals.
    pub fn journal_key(&self) -> PathBuf {
        self.keys().join("journal.key")
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn ca(&self) -> PathBuf {
        self.root.join("ca")
    }

    /// The CA's certificate.
    pub fn ca_certificate(&self) -> PathBuf {
        self.ca().join("ca.pem")
    }

    /// The CA's key.
    pub fn ca_key(&self) -> PathBuf {
        self.ca().join("ca.key")
    }

    fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// HQ's server certificate.
    pub fn server_certificate(&self) -> PathBuf {
        self.server().join("server.pem")
    }

    /// HQ's server key.
    pub fn server_key(&self) -> PathBuf {
        self.server().join("server.key")
    }

    /// The host names of the server certificate, one a line.
    pub fn server_hosts(&self) -> PathBuf {
        self.server().join("hosts")
    }

    /// Reads a text file of the folder.
    pub fn read_text(&self, path: &Path) -> Result<String, DataError> {
        std::fs::read_to_string(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => DataError::NotAnHq(self.root.clone()),
            _ => DataError::Read {
                path: path.to_owned(),
                source,
            },
        })
    }
}

/// Writes a file that everybody on this machine may read: whole, or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    write(path, bytes, false)
}

/// Writes a file that only its owner may read (mode 0600): whole, or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    write(path, bytes, true)
}

fn write(path: &Path, bytes: &[u8], private: bool) -> Result<(), DataError> {
    let failed = |source| DataError::Write {
        path: path.to_owned(),
        source,
    };
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if private { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = private;
    let mut file = options.open(&part).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)?;
    sync_folder(path);
    Ok(())
}

/// Makes a rename survive a power cut, where the system can say so.
pub(crate) fn sync_folder(path: &Path) {
    #[cfg(unix)]
    if let Some(folder) = path.parent()
        && let Ok(folder) = std::fs::File::open(folder)
    {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = path;
}
