//! The journal taken along: a file that proves itself.
//!
//! [`write()`] makes the file and [`prove`] checks one, with public keys only: no HQ, no database. What it is
//! like is told in [`FileHeader`]. [`write_poslog`] tells its sales to other programs, in POSLog XML. Keeping and walking the journal is `tillside-store`'s, and the chain and
//! its signatures are the core's.

mod file;
mod poslog;
mod proof;

pub use file::{FILE_VERSION, FileEnd, FileHeader, write};
pub use poslog::write_poslog;
pub use proof::{FileProof, LINE_LIMIT, ProofError, prove};
