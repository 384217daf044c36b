//! The card's end of ISO 14443-4's block protocol, for hosts that speak it themselves through
//! InCommunicateThru (nfcpy does). Where the PN532 was told to do it, nothing of this is needed.

/// Frame sizes by their code (ISO 14443-4, table 1).
const FRAME_SIZES: [usize; 9] = [16, 24, 32, 40, 48, 64, 96, 128, 256];
/// PCB bits: more follows, a CID follows, a NAD follows, the block's number.
const CHAINED: u8 = 0x10;
const WITH_CID: u8 = 0x08;
const WITH_NAD: u8 = 0x04;
const NUMBER: u8 = 0x01;
/// R-block: NAK instead of ACK.
const NAK: u8 = 0x10;

/// What has to be done with a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This goes back to the host.
    Reply(Vec<u8>),
    /// The card gets this command; its answer goes to [`Blocks::answer`].
    Command(Vec<u8>),
    /// Nothing goes back.
    Silence,
    /// This goes back, and the card is halted.
    Deselected(Vec<u8>),
    /// No block: the card is not taken to ISO 14443-4, and gets the frame as it is.
    NotOurs,
}

/// The protocol's state. It begins with RATS.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    /// Bytes of information that a frame to the host holds.
    room: usize,
    number: u8,
    cid: Option<u8>,
    incoming: Vec<u8>,
    /// Parts of an answer that are still to be sent.
    outgoing: Vec<Vec<u8>>,
    last: Vec<u8>,
}

impl Blocks {
    /// A frame of the host to a card with this ATS.
    pub(super) fn frame(&mut self, frame: &[u8], ats: &[u8]) -> Step {
        match (&mut self.open, frame) {
            (open, [0xE0, parameter]) => {
                let code = usize::from(parameter >> 4).min(FRAME_SIZES.len() - 1);
                *open = Some(Open {
                    // PCB, CID and check sum take their part.
                    room: FRAME_SIZES[code] - 4,
                    number: 1,
                    cid: None,
                    incoming: Vec::new(),
                    outgoing: Vec::new(),
                    last: Vec::new(),
                });
                Step::Reply(ats.to_vec())
            }
            (None, _) => Step::NotOurs,
            (Some(_), [start @ 0xD0..=0xDF, ..]) => Step::Reply(vec![*start]),
            (Some(_), [pcb, rest @ ..]) if pcb & 0xF7 == 0xC2 => {
                let cid = rest.iter().take(usize::from(pcb & WITH_CID != 0));
                let reply = [*pcb].into_iter().chain(cid.copied()).collect();
                self.open = None;
                Step::Deselected(reply)
            }
            (Some(open), [pcb, rest @ ..]) if pcb & 0xE2 == 0x02 => open.information(*pcb, rest),
            (Some(open), [pcb, ..]) if pcb & 0xE6 == 0xA2 => open.receipt(*pcb),
            (Some(_), _) => Step::Silence,
        }
    }

    /// The card's answer to the last command, as the block that goes back first.
    pub(super) fn answer(&mut self, answer: &[u8]) -> Vec<u8> {
        let Some(open) = &mut self.open else {
            return Vec::new();
        };
        open.outgoing = answer.chunks(open.room).map(<[u8]>::to_vec).collect();
        open.outgoing.reverse();
        open.next_part()
    }
}

impl Open {
    fn head(&self, pcb: u8) -> Vec<u8> {
        match self.cid {
            Some(cid) => vec![pcb | WITH_CID | self.number, cid],
            None => vec![pcb | self.number],
        }
    }

    fn information(&mut self, pcb: u8, rest: &[u8]) -> Step {
        let mut rest = rest;
        self.cid = None;
        if pcb & WITH_CID != 0
            && let Some((cid, after)) = rest.split_first()
        {
            self.cid = Some(*cid);
            rest = after;
        }
        if pcb & WITH_NAD != 0 {
            rest = rest.get(1..).unwrap_or(&[]);
        }
        self.number = pcb & NUMBER;
        self.incoming.extend_from_slice(rest);
        if pcb & CHAINED != 0 {
            self.last = self.head(0xA2);
            return Step::Reply(self.last.clone());
        }
        Step::Command(std::mem::take(&mut self.incoming))
    }

    fn receipt(&mut self, pcb: u8) -> Step {
        if pcb & NUMBER == self.number {
            return Step::Reply(self.last.clone());
        }
        if pcb & NAK != 0 {
            // A host that asks whether the card is there.
            return Step::Reply(self.head(0xA2));
        }
        self.number = pcb & NUMBER;
        Step::Reply(self.next_part())
    }

    fn next_part(&mut self) -> Vec<u8> {
        let part = self.outgoing.pop().unwrap_or_default();
        let more = if self.outgoing.is_empty() { 0 } else { CHAINED };
        self.last = [self.head(0x02 | more), part].concat();
        self.last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATS: [u8; 2] = [0x02, 0x75];

    fn opened() -> Blocks {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.frame(&[0x30, 0x00], &ATS), Step::NotOurs);
        // Frames of 16 bytes.
        assert_eq!(blocks.frame(&[0xE0, 0x00], &ATS), Step::Reply(ATS.to_vec()));
        blocks
    }

    #[test]
    fn a_command_and_its_answer_carry_the_same_number() {
        let mut blocks = opened();
        for number in [0x02, 0x03] {
            let step = blocks.frame(&[number, 0x60], &ATS);
            assert_eq!(step, Step::Command(vec![0x60]));
            assert_eq!(blocks.answer(&[0xAF]), [number, 0xAF]);
            // A host that did not hear it asks again.
            let again = blocks.frame(&[0xB2 | number & 1], &ATS);
            assert_eq!(again, Step::Reply(vec![number, 0xAF]));
        }
    }

    #[test]
    fn long_ones_go_in_parts_both_ways() {
        let mut blocks = opened();
        assert_eq!(blocks.frame(&[0x12, 1, 2], &ATS), Step::Reply(vec![0xA2]));
        assert_eq!(blocks.frame(&[0x03, 3], &ATS), Step::Command(vec![1, 2, 3]));
        let long: Vec<u8> = (0..14).collect();
        assert_eq!(blocks.answer(&long), [&[0x13], &long[..12]].concat());
        assert_eq!(
            blocks.frame(&[0xA2], &ATS),
            Step::Reply([&[0x02], &long[12..]].concat())
        );
    }

    #[test]
    fn a_deselected_card_is_back_where_it_began() {
        let mut blocks = opened();
        assert_eq!(blocks.frame(&[0xC2], &ATS), Step::Deselected(vec![0xC2]));
        assert_eq!(blocks.frame(&[0x02, 0x60], &ATS), Step::NotOurs);
    }
}
