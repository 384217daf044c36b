//! PC/SC: pcscd on Linux, the Smart Card service on Windows.
//!
//! [`PcscReader`] is a [`CardReader`](crate::CardReader) on a context of its own; [`Directory`]
//! lists readers and waits for the list to change. Both end for good when the service dies (an old
//! context never recovers, and `is_valid` still says it is fine): open new ones, as
//! [`service`](crate::service) does.

mod directory;
mod establish;
mod gate;
mod reader;
mod session;
mod words;

pub use directory::Directory;
pub use reader::PcscReader;
