//! Sends one raw ISO 14443-3 frame through the reader, in the way the reader knows.

use tillside_drivers::{CardSession, ReaderError};

use crate::profile::RawFrame;

const STEP: &str = "a raw frame";

/// Starts a transparent session.
pub(crate) const START: [u8; 7] = [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x81, 0x00];
/// Ends it.
pub(crate) const END: [u8; 7] = [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x82, 0x00];

/// What came back from the card.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The card's bytes.
    Data(Vec<u8>),
    /// The reader heard nothing, or a NAK: the card does not know the command. It has to be
    /// activated again before it answers anything.
    Silence,
}

/// Sends `frame` to the card. `None` if this reader cannot.
pub(crate) fn exchange(
    session: &mut dyn CardSession,
    way: RawFrame,
    frame: &[u8],
) -> Result<Option<Reply>, ReaderError> {
    match way {
        RawFrame::None => Ok(None),
        RawFrame::Pn532 => pn532(session, frame).map(Some),
        RawFrame::TransparentSession => transparent(session, frame).map(Some),
    }
}

/// Splits an answer into data and status word, and refuses any status but 9000.
pub(crate) fn data(answer: Vec<u8>, step: &'static str) -> Result<Vec<u8>, ReaderError> {
    match answer.split_last_chunk::<2>() {
        Some((data, [0x90, 0x00])) => Ok(data.to_vec()),
        // 6300 is how readers say that the card does not answer; 64xx, in newer ones.
        Some((_, [0x63, 0x00] | [0x64, _])) => Err(ReaderError::CardMute { step }),
        // A status word starts with 6 or 9 (ISO 7816-4).
        Some((_, status @ [0x60..=0x6F | 0x90..=0x9F, _])) => Err(ReaderError::CardRefused {
            step,
            status: u16::from_be_bytes(*status),
        }),
        _ => Err(ReaderError::Garbled { step }),
    }
}

/// PN532 InCommunicateThru: `D4 42 frame` → `D5 43 status data`. The lower six bits of the status
/// are the error (PN532 user manual, 7.1): 0 is none.
pub(crate) fn pn532(session: &mut dyn CardSession, frame: &[u8]) -> Result<Reply, ReaderError> {
    let answer = direct(session, &[&[0xD4, 0x42], frame].concat())?;
    match answer.as_slice() {
        [0xD5, 0x43, status, data @ ..] if status & 0x3F == 0 => Ok(Reply::Data(data.to_vec())),
        [0xD5, 0x43, _] => Ok(Reply::Silence),
        _ => Err(ReaderError::Garbled { step: STEP }),
    }
}

/// `FF 00 00 00 Lc …`: hands a command to the PN532 (ACR122U API manual, direct transmit).
fn direct(session: &mut dyn CardSession, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
    let length = u8::try_from(command.len()).map_err(|_| ReaderError::Garbled { step: STEP })?;
    let answer = session.transmit(&[&[0xFF, 0x00, 0x00, 0x00, length], command].concat())?;
    data(answer, STEP)
}

/// A transparent session: start, one transceive, end. The end is sent whatever came before, or the
/// reader would stay deaf for the next card.
fn transparent(session: &mut dyn CardSession, frame: &[u8]) -> Result<Reply, ReaderError> {
    data(session.transmit(&START)?, STEP)?;
    let reply = transceive(session, frame);
    if matches!(reply, Err(ReaderError::CardGone { .. })) {
        return reply;
    }
    let end = session.transmit(&END);
    let reply = reply?;
    data(end?, STEP)?;
    Ok(reply)
}

/// Transparent exchange: data object 95 (transceive) → C0 (error status), 92, 96 and 97 (the
/// card's answer).
pub(crate) fn transceive(
    session: &mut dyn CardSession,
    frame: &[u8],
) -> Result<Reply, ReaderError> {
    let length = u8::try_from(frame.len()).map_err(|_| ReaderError::Garbled { step: STEP })?;
    let object = [&[0x95, length], frame].concat();
    let command = [&[0xFF, 0xC2, 0x00, 0x01, length + 2], object.as_slice()].concat();
    let answer = data(session.transmit(&command)?, STEP)?;
    let objects = objects(&answer).ok_or(ReaderError::Garbled { step: STEP })?;
    let find = |tag| {
        objects
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| *value)
    };
    match (find(0xC0), find(0x97)) {
        (Some([0x00, 0x90, 0x00]), Some(data)) if !data.is_empty() => {
            Ok(Reply::Data(data.to_vec()))
        }
        (Some([_, _, _]), _) => Ok(Reply::Silence),
        _ => Err(ReaderError::Garbled { step: STEP }),
    }
}

/// BER-TLV with tags of one byte and lengths below 128, or 81 nn.
fn objects(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while let [tag, rest @ ..] = bytes {
        let (length, rest) = match rest {
            [0x81, length, rest @ ..] => (usize::from(*length), rest),
            [length @ 0..=0x7F, rest @ ..] => (usize::from(*length), rest),
            _ => return None,
        };
        let (value, after) = rest.split_at_checked(length)?;
        found.push((*tag, value));
        bytes = after;
    }
    Some(found)
}

/// Activates the card again after it fell silent. Only a PN532 needs to be told; the end of a
/// transparent session does it elsewhere.
pub(crate) fn reactivate(session: &mut dyn CardSession, way: RawFrame) -> Result<(), ReaderError> {
    if way == RawFrame::Pn532 {
        // InListPassiveTarget, one target, 106 kbit/s type A.
        let answer = direct(session, &[0xD4, 0x4A, 0x01, 0x00])?;
        match answer.as_slice() {
            [0xD5, 0x4B, 0x01, ..] => {}
            [0xD5, 0x4B, 0x00, ..] => return Err(ReaderError::CardMute { step: "activation" }),
            _ => return Err(ReaderError::Garbled { step: "activation" }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_run_past_the_end_are_refused() {
        assert_eq!(objects(&[0xC0, 0x03, 0x00]), None);
        assert_eq!(objects(&[0x97]), None);
        assert_eq!(objects(&[0x97, 0x82, 0x00, 0x01, 0x00]), None);
        assert_eq!(
            objects(&[0x97, 0x01, 0xAA, 0x92, 0x00]),
            Some(vec![(0x97, &[0xAA][..]), (0x92, &[][..])])
        );
    }
}
