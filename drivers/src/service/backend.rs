//! What the service needs of a family of readers: PC/SC today.

use std::sync::Arc;
use std::time::Duration;

use crate::pcsc::{Directory, PcscReader};
use crate::{Cancel, CardReader, ReaderError};

/// A family of readers.
pub(super) trait Backend: Send + Sync + 'static {
    /// Connects to whatever knows the readers.
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError>;
    /// Opens one reader.
    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError>;
}

/// The list of readers; see [`Directory`].
pub(super) trait ReaderList {
    fn names(&self) -> Result<Vec<String>, ReaderError>;
    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError>;
    fn canceller(&self) -> Arc<dyn Cancel>;
}

/// The operating system's PC/SC service.
pub(super) struct Pcsc;

impl Backend for Pcsc {
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError> {
        Ok(Box::new(Directory::open()?))
    }

    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
        Ok(Box::new(PcscReader::open(name)?))
    }
}

impl ReaderList for Directory {
    fn names(&self) -> Result<Vec<String>, ReaderError> {
        self.list()
    }

    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        Directory::wait_for_change(self, timeout)
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Directory::canceller(self)
    }
}
