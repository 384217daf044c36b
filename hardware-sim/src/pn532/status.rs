//! The chip's error codes (PN532 user manual, 7.1) that are used here.

/// A status byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(pub(super) u8);

/// It worked.
pub(super) const OK: Status = Status(0x00);
/// The card has not answered.
pub(super) const TIME_OUT: Status = Status(0x01);
/// The check sum of the card's answer is wrong; also what four bits look like (a NAK has none).
pub(super) const CRC_ERROR: Status = Status(0x02);
/// The answer is not what this command can have.
pub(super) const INVALID_FRAME: Status = Status(0x13);
/// MIFARE authentication failed.
pub(super) const AUTHENTICATION: Status = Status(0x14);
/// The command makes no sense now: there is no such target.
pub(super) const WRONG_CONTEXT: Status = Status(0x27);
/// Or-ed to a status: more of the answer is waiting.
pub(super) const MORE: u8 = 0x40;
