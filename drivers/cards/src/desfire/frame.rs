//! DESFire commands in ISO 7816 frames (`90 ins 00 00 Lc data 00` → `data 91 xx`), and the answers
//! that come in several frames (91 AF).

use tillside_drivers::CardSession;

use super::error::CardError;
use super::status::Status;

/// The longest data of one command: Lc has one byte.
pub(crate) const COMMAND_LONGEST: usize = 255;
/// The longest answer that is collected, in bytes, over all its frames.
const ANSWER_LONGEST: usize = 1024;
/// The most frames of one answer.
const FRAMES: usize = 16;
/// Asks for the next frame, or gives it.
pub(crate) const ADDITIONAL_FRAME: u8 = 0xAF;

/// The APDU of a command.
pub(crate) fn apdu(step: &'static str, ins: u8, data: &[u8]) -> Result<Vec<u8>, CardError> {
    let length = u8::try_from(data.len()).map_err(|_| CardError::Unsendable { step })?;
    let mut apdu = vec![0x90, ins, 0x00, 0x00];
    if length > 0 {
        apdu.push(length);
        apdu.extend(data);
    }
    apdu.push(0x00);
    Ok(apdu)
}

/// An answer, split into its data and the card's status.
pub(crate) fn split<'a>(
    step: &'static str,
    answer: &'a [u8],
) -> Result<(Status, &'a [u8]), CardError> {
    match answer.split_last_chunk::<2>() {
        Some((data, [0x91, status])) => Ok((Status::from(*status), data)),
        Some((_, word)) => Err(CardError::NotDesfire {
            step,
            word: u16::from_be_bytes(*word),
        }),
        None => Err(CardError::Garbled { step }),
    }
}

/// Sends one frame and gives the card's one frame.
pub(crate) fn once(
    session: &mut dyn CardSession,
    step: &'static str,
    ins: u8,
    data: &[u8],
) -> Result<(Status, Vec<u8>), CardError> {
    let answer = session.transmit(&apdu(step, ins, data)?)?;
    let (status, data) = split(step, &answer)?;
    if data.len() > ANSWER_LONGEST {
        return Err(CardError::Garbled { step });
    }
    Ok((status, data.to_vec()))
}

/// Sends one command and gives the whole answer, asking for its further frames.
pub(crate) fn whole(
    session: &mut dyn CardSession,
    step: &'static str,
    ins: u8,
    data: &[u8],
) -> Result<(Status, Vec<u8>), CardError> {
    let (mut status, mut answer) = once(session, step, ins, data)?;
    for _ in 1..FRAMES {
        if status != Status::More {
            return Ok((status, answer));
        }
        let (next, more) = once(session, step, ADDITIONAL_FRAME, &[])?;
        status = next;
        answer.extend(more);
        if answer.len() > ANSWER_LONGEST {
            return Err(CardError::Garbled { step });
        }
    }
    match status {
        Status::More => Err(CardError::Garbled { step }),
        status => Ok((status, answer)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::script::{ACR122, Bench};

    #[test]
    fn a_command_is_wrapped_as_iso_says() {
        assert_eq!(apdu("x", 0x60, &[]).unwrap(), [0x90, 0x60, 0, 0, 0]);
        assert_eq!(
            apdu("x", 0x5A, &[1, 2, 3]).unwrap(),
            [0x90, 0x5A, 0, 0, 3, 1, 2, 3, 0]
        );
        assert!(apdu("x", 0x3D, &[0; 256]).is_err());
    }

    #[test]
    fn frames_are_joined_and_bounded() {
        let mut left = 3;
        let mut bench = Bench::new(ACR122, |command: &[u8]| {
            left -= 1;
            assert_eq!(command[1], if left == 2 { 0x60 } else { 0xAF });
            vec![left, 0x91, if left == 0 { 0 } else { 0xAF }]
        });
        let (status, data) = whole(&mut bench, "x", 0x60, &[]).unwrap();
        assert_eq!((status, data), (Status::Ok, vec![2, 1, 0]));
        let mut endless = Bench::new(ACR122, |_: &[u8]| vec![0x91, 0xAF]);
        assert!(whole(&mut endless, "x", 0x60, &[]).is_err());
        assert_eq!(endless.commands, FRAMES);
        let mut long = Bench::new(ACR122, |_: &[u8]| {
            let mut answer = vec![0; 600];
            answer.extend([0x91, 0xAF]);
            answer
        });
        assert!(whole(&mut long, "x", 0x60, &[]).is_err());
        assert_eq!(long.commands, 2);
    }

    #[test]
    fn what_is_no_answer_of_a_desfire_card_is_named() {
        assert!(matches!(split("x", &[]), Err(CardError::Garbled { .. })));
        assert!(matches!(
            split("x", &[0x91]),
            Err(CardError::Garbled { .. })
        ));
        assert!(matches!(
            split("x", &[0x6D, 0x00]),
            Err(CardError::NotDesfire { word: 0x6D00, .. })
        ));
    }
}
