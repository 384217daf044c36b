//! Readers that libnfc drives: a PN532 on a serial port, and what else Debian's library knows.
//!
//! A port is named by libnfc's connection string, `pn532_uart:/dev/ttyUSB0`; that is the reader's
//! name too. `LibnfcReader` is a [`CardReader`](crate::CardReader) on one port, which it locks; it
//! exists with the cargo feature `libnfc`. libnfc knows no events and no exclusive use, so this
//! backend polls outside a session, and never inside one: polling would end an authentication.
//!
//! A card gets the commands that it would get from a PC/SC reader with a PN532 inside (ACR122U), so
//! that nothing above needs to know the difference (`session.rs` lists them). What cannot be done here, as
//! nfc1 0.7 has no way for it: to end a wait inside libnfc (polls are short instead), to tell a NAK
//! from silence by its error (the check sum is done here instead), and to free the connection string
//! of an open (a kilobyte an open, so a port that is not there is not tried).

#[cfg(feature = "libnfc")]
mod air;
#[cfg(feature = "libnfc")]
mod gate;
#[cfg(feature = "libnfc")]
mod lying;
mod port;
#[cfg(feature = "libnfc")]
mod reader;
#[cfg(feature = "libnfc")]
mod session;
#[cfg(feature = "libnfc")]
mod words;

#[cfg(feature = "libnfc")]
pub use reader::LibnfcReader;

pub(crate) use port::is_plugged_in;
