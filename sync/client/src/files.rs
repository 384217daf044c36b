//! Small files that are whole or absent: written beside, flushed, then moved into place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file of this terminal's identity could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the file {} could not be {doing}", .path.display())]
pub struct FileError {
    /// Which.
    pub path: PathBuf,
    /// `read`, `written`, `moved`.
    pub doing: &'static str,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl FileError {
    pub(crate) fn on(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            path: path.to_owned(),
            doing,
            source,
        }
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(FileError::on(path, "read"))
}

/// Replaces a file by `bytes`, readable by its owner only; after a power cut it is the old or the new.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let beside = path.with_extension("new");
    write(&beside, bytes).map_err(FileError::on(&beside, "written"))?;
    rename(&beside, path)
}

/// Moves a file or folder and makes the move last.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to)
        .and_then(|()| to.parent().map_or(Ok(()), flush_folder))
        .map_err(FileError::on(to, "moved"))
}

/// Makes a folder for its owner only; that it exists is fine.
pub(crate) fn make_folder(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FileError::on(path, "written"))
}

/// Removes a folder and what is in it; that it is absent is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::on(path, "removed")(error))
        }
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // What a power cut left behind may have other rights: begin anew.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn flush_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn flush_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
