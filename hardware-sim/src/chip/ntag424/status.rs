//! The statuses of native commands (NT4H2421Gx, table 23), and what stops a command.

use crate::chip::nonvolatile::PowerLost;

/// The second byte of `91 xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    pub(crate) const OK: Self = Self(0x00);
    pub(crate) const ILLEGAL_COMMAND: Self = Self(0x1C);
    pub(crate) const INTEGRITY: Self = Self(0x1E);
    pub(crate) const NO_SUCH_KEY: Self = Self(0x40);
    pub(crate) const LENGTH: Self = Self(0x7E);
    /// What Read_Sig says when all is well.
    pub(crate) const SIGNATURE_OK: Self = Self(0x90);
    pub(crate) const PERMISSION_DENIED: Self = Self(0x9D);
    pub(crate) const PARAMETER: Self = Self(0x9E);
    pub(crate) const AUTHENTICATION: Self = Self(0xAE);
    pub(crate) const MORE: Self = Self(0xAF);
    pub(crate) const BOUNDARY: Self = Self(0xBE);
    pub(crate) const ABORTED: Self = Self(0xCA);
    pub(crate) const FILE_NOT_FOUND: Self = Self(0xF0);
}

/// Why a command has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Status(Status),
    /// The two bytes of an ISO 7816 status.
    Iso([u8; 2]),
    Dead,
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<PowerLost> for Stop {
    fn from(_: PowerLost) -> Self {
        Self::Dead
    }
}
