//! The journal taken along: a file that proves itself.
//!
//! [`write()`] makes the file and [`prove`] checks one, with public keys only: no HQ, no database. What it is
//! like is told in [`FileHeader`]. Keeping and walking the journal is `tillside-store`'s, and the chain and
//! its signatures are the core's.

mod file;
mod proof;

pub use file::{FILE_VERSION, FileEnd, FileHeader, write};
pub use proof::{FileProof, LINE_LIMIT, ProofError, prove};
