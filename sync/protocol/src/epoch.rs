//! Going on after a fork: the terminal's disk was restored or copied, and HQ has another history under the
//! same name.

use serde::{Deserialize, Serialize};
use tillside_core::{Hash, Head};

/// Asks for an epoch to go on in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EpochRequest {
    /// The newest record that both have, of the terminal's present epoch; its beginning if there is none.
    pub from: Head,
    /// Where the terminal's own journal ends.
    pub head: Head,
    /// Drawn by chance once for each fork, and kept before it is sent: the same key gets the same epoch, and
    /// a copy of the disk, which draws its own, another one.
    pub key: Hash,
}

/// Where the terminal goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EpochResponse {
    /// An epoch that no other journal of this terminal has.
    pub epoch: u32,
    /// The case in which HQ asks a person what happened.
    pub case: u64,
}
