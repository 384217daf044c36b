//! From PC/SC's error codes to ours. What each code means in practice was measured on a real
//! pcscd 1.9.9; the table is in the project's hardware notes and in `tests/hardware`.

use std::sync::Arc;

use pcsc::Error;

use crate::ReaderError;

/// Translates an error of a call that concerns `reader`; `step` says what was tried.
pub(super) fn translate(error: Error, reader: &str, step: &'static str) -> ReaderError {
    let reader = reader.to_owned();
    match error {
        // InvalidHandle: a context that outlived its pcscd.
        Error::NoService | Error::ServiceStopped | Error::CommError | Error::InvalidHandle => {
            ReaderError::ServiceUnavailable {
                source: Arc::new(error),
            }
        }
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            ReaderError::ReaderGone {
                reader,
                source: Some(Arc::new(error)),
            }
        }
        // NotTransacted follows the empty answer of a card that left, until the next poll.
        Error::NoSmartcard | Error::RemovedCard | Error::NotTransacted => ReaderError::CardGone {
            reader,
            source: Some(Arc::new(error)),
        },
        Error::ResetCard => ReaderError::CardReset { reader },
        Error::SharingViolation => ReaderError::InUse { reader },
        Error::UnresponsiveCard
        | Error::UnpoweredCard
        | Error::UnsupportedCard
        | Error::ProtoMismatch => ReaderError::CardMute { step },
        Error::InsufficientBuffer => ReaderError::Garbled { step },
        Error::Cancelled => ReaderError::Cancelled,
        other => ReaderError::Other {
            step,
            source: Arc::new(other),
        },
    }
}

/// Translates an error of waiting or listing, where no card is asked. A pcscd that is killed hangs up,
/// which the client library may call SecurityViolation; so what is not known means that the service
/// is lost.
pub(super) fn translate_wait(error: Error, reader: &str) -> ReaderError {
    match translate(error, reader, "waiting for a card") {
        ReaderError::Other { source, .. } => ReaderError::ServiceUnavailable { source },
        known => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReaderErrorCode;

    #[test]
    fn each_measured_code_has_its_meaning() {
        let table = [
            (Error::NoService, ReaderErrorCode::ServiceUnavailable),
            (Error::CommError, ReaderErrorCode::ServiceUnavailable),
            (Error::InvalidHandle, ReaderErrorCode::ServiceUnavailable),
            (Error::ReaderUnavailable, ReaderErrorCode::ReaderGone),
            (Error::UnknownReader, ReaderErrorCode::ReaderGone),
            (Error::RemovedCard, ReaderErrorCode::CardGone),
            (Error::NotTransacted, ReaderErrorCode::CardGone),
            (Error::NoSmartcard, ReaderErrorCode::CardGone),
            (Error::ResetCard, ReaderErrorCode::CardReset),
            (Error::SharingViolation, ReaderErrorCode::InUse),
            (Error::UnresponsiveCard, ReaderErrorCode::CardMute),
            (Error::Cancelled, ReaderErrorCode::Cancelled),
            (Error::InternalError, ReaderErrorCode::Other),
        ];
        for (pcsc, ours) in table {
            assert_eq!(translate(pcsc, "R", "step").code(), ours, "{pcsc:?}");
        }
        assert_eq!(
            translate_wait(Error::SecurityViolation, "R").code(),
            ReaderErrorCode::ServiceUnavailable
        );
    }
}
