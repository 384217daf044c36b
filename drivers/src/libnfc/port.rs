//! The port behind a connection string: whether it is there, and the lock on it.
//!
//! libnfc lets two programs open one port, and then both read each other's answers. The lock is
//! advisory and lies on the device file itself, so that two names of one port are one lock; it ends
//! with the program that holds it, however that ends.

use std::path::Path;
#[cfg(feature = "libnfc")]
use std::{
    fs::{File, TryLockError},
    sync::Arc,
};

#[cfg(feature = "libnfc")]
use crate::ReaderError;

/// The device file of a connection string such as `pn532_uart:/dev/ttyUSB0:115200`; `None` if it
/// names none (a USB device is claimed by libnfc itself).
fn device_file(name: &str) -> Option<&Path> {
    let path = name.split(':').nth(1)?;
    path.starts_with('/').then(|| Path::new(path))
}

/// Whether the reader called `name` may be there. Asked before each open.
pub(crate) fn is_plugged_in(name: &str) -> bool {
    device_file(name).is_none_or(Path::exists)
}

/// Holds a port against other programs that ask for it.
#[cfg(feature = "libnfc")]
#[derive(Debug)]
pub(super) struct PortLock {
    _file: Option<File>,
}

#[cfg(feature = "libnfc")]
impl PortLock {
    /// Takes the port of the reader called `name`.
    ///
    /// # Errors
    /// `InUse` if another program has it, `ReaderGone` if there is no such port.
    pub(super) fn take(name: &str) -> Result<Self, ReaderError> {
        let Some(path) = device_file(name) else {
            return Ok(Self { _file: None });
        };
        let gone = |error: std::io::Error| ReaderError::ReaderGone {
            reader: name.to_owned(),
            source: Some(Arc::new(error)),
        };
        let file = open(path).map_err(gone)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(ReaderError::InUse {
                reader: name.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(gone(error)),
        }
    }
}

/// Opens a device without waiting for a carrier, and without becoming its terminal's child.
#[cfg(all(unix, feature = "libnfc"))]
fn open(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(all(not(unix), feature = "libnfc"))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_device_file_is_found_in_the_connection_string() {
        let table = [
            ("pn532_uart:/dev/ttyUSB0", Some("/dev/ttyUSB0")),
            ("pn532_uart:/dev/ttyUSB0:115200", Some("/dev/ttyUSB0")),
            ("pn532_spi:/dev/spidev0.0:500000", Some("/dev/spidev0.0")),
            ("pn53x_usb:002:003", None),
            ("pn53x_usb", None),
        ];
        for (name, file) in table {
            assert_eq!(device_file(name), file.map(Path::new), "{name}");
        }
    }

    #[test]
    fn a_port_that_is_not_there_is_not_plugged_in() {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("tty");
        let name = format!("pn532_uart:{}", port.display());
        assert!(!is_plugged_in(&name));
        std::fs::write(&port, "").unwrap();
        assert!(is_plugged_in(&name));
        assert!(is_plugged_in("pn53x_usb"));
    }

    #[cfg(feature = "libnfc")]
    #[test]
    fn the_second_to_ask_for_a_port_is_refused_also_by_another_name() {
        use crate::ReaderErrorCode;
        let folder = tempfile::tempdir().unwrap();
        let (port, alias) = (folder.path().join("tty"), folder.path().join("alias"));
        std::fs::write(&port, "").unwrap();
        std::fs::hard_link(&port, &alias).unwrap();
        let name = |path: &Path| format!("pn532_uart:{}", path.display());
        let code = |path: &Path| PortLock::take(&name(path)).map_err(|error| error.code());
        let first = code(&port).unwrap();
        assert_eq!(code(&alias).err(), Some(ReaderErrorCode::InUse));
        drop(first);
        assert!(code(&alias).is_ok());
        let missing = folder.path().join("missing");
        assert_eq!(code(&missing).err(), Some(ReaderErrorCode::ReaderGone));
    }
}
