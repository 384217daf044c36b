//! From libnfc's errors to ours. What each means in practice was measured on Debian's libnfc 1.8
//! with a PN532 on a serial line.

use std::sync::Arc;

use nfc1::Error;

use crate::ReaderError;

/// Translates an error of a call that asks no card.
pub(super) fn translate(error: Error, reader: &str, step: &'static str) -> ReaderError {
    match error {
        // The line was closed: a plug was pulled.
        Error::Io | Error::NoDeviceFound | Error::NoSuchDeviceFound => ReaderError::ReaderGone {
            reader: reader.to_owned(),
            source: Some(Arc::new(error)),
        },
        other => ReaderError::Other {
            step,
            source: Arc::new(other),
        },
    }
}

/// Whether the air, and not the line, ended an exchange: the card left, was silent, or answered
/// something that cannot be. libnfc does not say which; Timeout is a PN532 that says nothing itself.
pub(super) fn is_of_the_card(error: Error) -> bool {
    matches!(
        error,
        Error::RfTransmissionError
            | Error::TargetReleased
            | Error::Timeout
            | Error::Chip
            | Error::BufferOverflow
            | Error::MifareAuthFailed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReaderErrorCode;

    #[test]
    fn a_closed_line_is_a_reader_that_is_gone() {
        let table = [
            (Error::Io, ReaderErrorCode::ReaderGone),
            (Error::NoDeviceFound, ReaderErrorCode::ReaderGone),
            (Error::Timeout, ReaderErrorCode::Other),
            (Error::Soft, ReaderErrorCode::Other),
        ];
        for (nfc, ours) in table {
            assert_eq!(translate(nfc, "R", "step").code(), ours, "{nfc:?}");
        }
        assert!(!is_of_the_card(Error::Io));
        assert!(is_of_the_card(Error::RfTransmissionError));
    }
}
