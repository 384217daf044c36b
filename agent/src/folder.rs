//! The data folder: which file is where, the token, and the note that says where the agent is.

use crate::chance;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tillside_core::TerminalId;

/// The folder that holds everything one agent keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataFolder(PathBuf);

/// Where a running agent is, as `agent.json` says and `tillside run` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentNote {
    /// Its address: `http://127.0.0.1:PORT`.
    pub address: String,
    /// The file with its token.
    pub token_file: PathBuf,
}

/// Whether a journal was begun under the identity in the folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Journal {
    /// No.
    NotBegun,
    /// Yes, of this terminal.
    Begun(TerminalId),
}

impl DataFolder {
    /// The folder at a path, made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self(std::path::absolute(path)?))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("tillside.db")
    }

    /// What sync keeps: key, certificate, trusted roots.
    pub fn hq(&self) -> PathBuf {
        self.0.join("hq")
    }

    /// The token of the local API.
    pub fn token_file(&self) -> PathBuf {
        self.0.join("api-token")
    }

    /// The development vault with the keys for cards.
    pub fn vault_file(&self) -> PathBuf {
        self.0.join("keys.vault")
    }

    /// The passphrase that is kept beside the development vault: for development only, since who can
    /// read the one can read the other.
    pub fn vault_passphrase_file(&self) -> PathBuf {
        self.0.join("keys.passphrase")
    }

    /// The kept passphrase; made at the first need, for this user alone.
    ///
    /// # Errors
    /// If it cannot be read or made.
    pub fn vault_passphrase(&self) -> io::Result<String> {
        self.kept_secret(&self.vault_passphrase_file())
    }

    fn note_file(&self) -> PathBuf {
        self.0.join("agent.json")
    }

    /// The token of the local API: made at the first start, for this user alone, and kept.
    ///
    /// # Errors
    /// If it cannot be read or made.
    pub fn token(&self) -> io::Result<String> {
        self.kept_secret(&self.token_file())
    }

    fn kept_secret(&self, file: &Path) -> io::Result<String> {
        match std::fs::read_to_string(file) {
            Ok(kept) if kept.trim().len() >= 32 => return Ok(kept.trim().to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let secret = chance::secret().map_err(io::Error::other)?;
        self.write_private(file, secret.as_bytes())?;
        Ok(secret)
    }

    /// Writes down where the agent is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn leave_note(&self, note: &AgentNote) -> io::Result<()> {
        let text = serde_json::to_vec(note)?;
        self.write_private(&self.note_file(), &text)
    }

    /// Where an agent said it is. It may have died since.
    pub fn note(&self) -> Option<AgentNote> {
        let text = std::fs::read(self.note_file()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Takes the note away, if it is this one.
    pub fn take_note(&self, note: &AgentNote) {
        if self.note().as_ref() == Some(note) {
            let _ = std::fs::remove_file(self.note_file());
        }
    }

    /// Whether the journal of an identity was begun here. If it was and the database is gone, a new
    /// one must not begin under the same name: HQ would see two histories of one terminal.
    pub fn journal(&self) -> Journal {
        let text = std::fs::read_to_string(self.begun_file());
        let terminal = text.ok().and_then(|text| text.trim().parse().ok());
        terminal.map_or(Journal::NotBegun, Journal::Begun)
    }

    /// Notes that the journal of a terminal was begun here.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn journal_begun(&self, terminal: TerminalId) -> io::Result<()> {
        self.write_private(&self.begun_file(), terminal.to_string().as_bytes())
    }

    /// Puts the database of a terminal that ends here aside, under the terminal's name.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn put_aside(&self, terminal: TerminalId) -> io::Result<PathBuf> {
        let kept = self.0.join(format!("tillside-{terminal}.db"));
        for suffix in ["-wal", "-shm", ""] {
            let from = self.0.join(format!("tillside.db{suffix}"));
            if from.exists() {
                std::fs::rename(from, self.0.join(format!("tillside-{terminal}.db{suffix}")))?;
            }
        }
        Ok(kept)
    }

    fn begun_file(&self) -> PathBuf {
        self.hq().join("journal-begun")
    }

    /// Writes a file that only this user may read, whole or not at all.
    fn write_private(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = file.with_extension("new");
        let _ = std::fs::remove_file(&new);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut opened = options.open(&new)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        std::fs::rename(new, file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_token_is_kept_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("till")).unwrap();
        let token = data.token().unwrap();
        assert_eq!((token.len(), data.token().unwrap()), (64, token));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(data.token_file())
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_note_is_taken_away_only_by_who_left_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let note = |address: &str| AgentNote {
            address: address.to_owned(),
            token_file: data.token_file(),
        };
        data.leave_note(&note("http://127.0.0.1:2")).unwrap();
        data.take_note(&note("http://127.0.0.1:1"));
        assert!(data.note().is_some());
        data.take_note(&note("http://127.0.0.1:2"));
        assert!(data.note().is_none());
    }
}
