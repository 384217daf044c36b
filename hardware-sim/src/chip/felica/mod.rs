//! FeliCa Lite-S: polling, and reading and writing blocks without encryption, with its MACs.
//!
//! From the FeliCa Lite-S user's manual, and the dialogue in nfcpy's tests (`tests/vectors/felica.json`).
//! A frame begins with its own length. What the card does not understand it does not answer.

mod mac;
mod memory;

pub(crate) use memory::Image;
use memory::{Block, PMM, number};

use super::nonvolatile::{Nonvolatile, PowerLost};
use super::{Activation, CardImage, Chip, ChipReply, Tear};

const MOST_BLOCKS: usize = 4;
/// The services of Lite-S: random access, read-only and with writing.
const READ_ONLY: [u8; 2] = [0x0B, 0x00];
const READ_WRITE: [u8; 2] = [0x09, 0x00];

/// Status flags: where it went wrong (bit n: block n; FF: all of it), and what.
type Flags = [u8; 2];
const FINE: Flags = [0x00, 0x00];
const WRONG_SERVICE_COUNT: Flags = [0xFF, 0xA1];
const WRONG_BLOCK_COUNT: Flags = [0xFF, 0xA2];
const WRONG_SERVICE: Flags = [0x01, 0xA6];
const NO_SUCH_BLOCK: u8 = 0xA8;
const BAD_ELEMENT: u8 = 0xA7;
const TWO_MACS: u8 = 0xB0;
const NOT_AUTHENTICATED: u8 = 0xB1;
const WRONG_MAC: Flags = [0x02, 0xB2];
const NO_CHALLENGE: u8 = 0xB2;
const WORN_OUT: Flags = [0xFF, 0x70];

/// Why there is no block in the answer.
enum No {
    Flags(Flags),
    Silence,
    Dead,
}

impl From<PowerLost> for No {
    fn from(_: PowerLost) -> Self {
        Self::Dead
    }
}

/// What lasts until the field goes off.
#[derive(Debug, Default)]
struct Volatile {
    /// The challenge RC and the session key that came of it.
    session: Option<(Block, Block)>,
    /// The reader proved that it knows the card key.
    authenticated: bool,
}

/// One card.
#[derive(Debug)]
pub(crate) struct Felica {
    image: Nonvolatile<Image>,
    now: Volatile,
    powered: bool,
}

/// A request for blocks, taken apart.
struct Request<'a> {
    service: [u8; 2],
    blocks: Vec<u8>,
    data: &'a [u8],
}

impl Felica {
    pub(crate) fn load(image: Image) -> Self {
        Self {
            image: Nonvolatile::new(image),
            now: Volatile::default(),
            powered: true,
        }
    }

    fn frame(&mut self, frame: &[u8]) -> Result<ChipReply, No> {
        let (length, body) = frame.split_first().ok_or(No::Silence)?;
        if usize::from(*length) != frame.len() {
            return Err(No::Silence);
        }
        match body {
            [0x00, a, b, wants, _slots] => self.poll(u16::from_be_bytes([*a, *b]), *wants),
            [code @ (0x06 | 0x08), rest @ ..] => {
                let (idm, rest) = rest.split_first_chunk::<8>().ok_or(No::Silence)?;
                if *idm != self.image.idm {
                    return Err(No::Silence);
                }
                let answer = if *code == 0x06 {
                    self.read(rest)
                } else {
                    self.write(rest)
                };
                match answer {
                    Ok(data) => Ok(self.reply(code + 1, &[&FINE, data.as_slice()].concat())),
                    Err(No::Flags(flags)) => Ok(self.reply(code + 1, &flags)),
                    Err(other) => Err(other),
                }
            }
            _ => Err(No::Silence),
        }
    }

    fn reply(&self, code: u8, data: &[u8]) -> ChipReply {
        let body = [&[code], self.image.idm.as_slice(), data].concat();
        let length = u8::try_from(body.len() + 1).unwrap_or(u8::MAX);
        ChipReply::Data([&[length], body.as_slice()].concat())
    }

    /// FF stands for any byte of a system code.
    fn poll(&self, wanted: u16, wants: u8) -> Result<ChipReply, No> {
        let fits = |system: &u16| {
            let pairs = wanted.to_be_bytes().into_iter().zip(system.to_be_bytes());
            pairs
                .into_iter()
                .all(|(wanted, byte)| wanted == 0xFF || wanted == byte)
        };
        let systems = self.image.systems();
        let system = systems
            .iter()
            .find(|system| fits(system))
            .ok_or(No::Silence)?;
        let more: &[u8] = match wants {
            0x01 => &system.to_be_bytes(),
            // Communication performance: 212 and 424 kbit/s.
            0x02 => &[0x00, 0x83],
            _ => &[],
        };
        Ok(self.reply(0x01, &[&PMM, more].concat()))
    }

    fn read(&self, rest: &[u8]) -> Result<Vec<u8>, No> {
        let request = parse(rest)?;
        if !request.data.is_empty() {
            return Err(No::Silence);
        }
        if ![READ_ONLY, READ_WRITE].contains(&request.service) {
            return Err(No::Flags(WRONG_SERVICE));
        }
        self.may_read(&request)?;
        let mut data = Vec::new();
        for (index, block) in request.blocks.iter().enumerate() {
            let last = index + 1 == request.blocks.len();
            let bytes = match (*block, &self.now.session) {
                (number::STATE, _) => {
                    let mut state = [0; 16];
                    state[0] = u8::from(self.now.authenticated);
                    state
                }
                // A MAC covers what is read before it; anywhere else it reads as zeros.
                (number::MAC, Some((challenge, key))) if last && index > 0 => {
                    widened(mac::mac(key, challenge, &data))
                }
                (number::MAC_A, Some((challenge, key))) if last => {
                    widened(mac::read_mac_a(key, challenge, &request.blocks, &data))
                }
                (other, _) => self.image.block(other).unwrap_or_default(),
            };
            data.extend(bytes);
        }
        let count = u8::try_from(request.blocks.len()).unwrap_or(u8::MAX);
        Ok([&[count], data.as_slice()].concat())
    }

    fn may_read(&self, request: &Request<'_>) -> Result<(), No> {
        let both = [number::MAC, number::MAC_A]
            .iter()
            .all(|mac| request.blocks.contains(mac));
        for (index, block) in request.blocks.iter().enumerate() {
            let no = |what| Err(No::Flags([1 << index, what]));
            let mac = [number::MAC, number::MAC_A].contains(block);
            // A block that can be written is read through either service.
            let through = request.service == READ_ONLY || self.image.writable(*block);
            if self.image.block(*block).is_none() || !(through || mac) {
                return no(NO_SUCH_BLOCK);
            }
            if both && mac {
                return no(TWO_MACS);
            }
            if *block == number::MAC_A && self.now.session.is_none() {
                return no(NO_CHALLENGE);
            }
            if self.image.read_needs_authentication(*block) && !self.now.authenticated {
                return no(NOT_AUTHENTICATED);
            }
        }
        Ok(())
    }

    fn write(&mut self, rest: &[u8]) -> Result<Vec<u8>, No> {
        let request = parse(rest)?;
        if request.data.len() != request.blocks.len() * 16 {
            return Err(No::Silence);
        }
        if request.service != READ_WRITE {
            return Err(No::Flags(WRONG_SERVICE));
        }
        let blocks = request.data.as_chunks::<16>().0;
        let (block, data, mac) = match (request.blocks.as_slice(), blocks) {
            ([block], [data]) => (*block, data, None),
            ([block, number::MAC_A], [data, mac]) => (*block, data, Some(mac)),
            _ => return Err(No::Flags(WRONG_BLOCK_COUNT)),
        };
        self.may_write(block, data, mac)?;
        match block {
            number::RC => {
                self.image.write(|image| image.store(block, data))?;
                let key = mac::session_key(&self.image.key, data);
                self.now.session = Some((*data, key));
                self.now.authenticated = false;
            }
            // Only with its MAC does it say that the reader knows the key.
            number::STATE => {
                self.image.write(|image| image.store(block, data))?;
                self.now.authenticated = data[0] == 0x01 && mac.is_some();
            }
            _ => self.image.write(|image| image.store(block, data))?,
        }
        Ok(Vec::new())
    }

    fn may_write(&self, block: u8, data: &Block, mac: Option<&Block>) -> Result<(), No> {
        let needs_mac = self.image.write_needs_mac(block) && mac.is_none();
        let register = block == number::REG && !self.image.goes_down(data);
        if !self.image.writable(block) || needs_mac || register {
            return Err(No::Flags([0x01, NO_SUCH_BLOCK]));
        }
        if let Some(given) = mac {
            let (challenge, key) = self.now.session.as_ref().ok_or(No::Flags(WRONG_MAC))?;
            let counter = self.image.counter();
            let right = mac::write_mac_a(key, challenge, counter, block, data);
            if given[..8] != right || given[8..11] != counter {
                return Err(No::Flags(WRONG_MAC));
            }
        }
        if self.image.write_needs_authentication(block) && !self.now.authenticated {
            return Err(No::Flags([0x01, NOT_AUTHENTICATED]));
        }
        if !self.image.writes_left() {
            return Err(No::Flags(WORN_OUT));
        }
        Ok(())
    }
}

fn widened(mac: mac::Mac) -> Block {
    std::array::from_fn(|index| mac.get(index).copied().unwrap_or(0))
}

/// Number of services, services, number of blocks, block list (elements of 2 or 3 bytes), data.
fn parse(rest: &[u8]) -> Result<Request<'_>, No> {
    let [services, rest @ ..] = rest else {
        return Err(No::Silence);
    };
    if *services != 1 {
        return Err(No::Flags(WRONG_SERVICE_COUNT));
    }
    let (service, rest) = rest.split_first_chunk::<2>().ok_or(No::Silence)?;
    let (count, mut rest) = rest.split_first().ok_or(No::Silence)?;
    let count = usize::from(*count);
    if !(1..=MOST_BLOCKS).contains(&count) {
        return Err(No::Flags(WRONG_BLOCK_COUNT));
    }
    let mut blocks = Vec::with_capacity(count);
    for index in 0..count {
        let (head, block, high, after) = match rest {
            [head, block, after @ ..] if head & 0x80 != 0 => (*head, *block, 0, after),
            [head, block, high, after @ ..] => (*head, *block, *high, after),
            _ => return Err(No::Silence),
        };
        rest = after;
        // Access mode 0, service 0 of the list, and no block behind FF.
        if head & 0x7F != 0 {
            return Err(No::Flags([1 << index, BAD_ELEMENT]));
        }
        if high != 0 {
            return Err(No::Flags([1 << index, NO_SUCH_BLOCK]));
        }
        blocks.push(block);
    }
    Ok(Request {
        service: *service,
        blocks,
        data: rest,
    })
}

impl Chip for Felica {
    fn activation(&self) -> Activation {
        Activation::Felica {
            idm: self.image.idm,
            pmm: PMM,
            systems: self.image.systems(),
        }
    }

    fn power(&mut self, on: bool) {
        self.now = Volatile::default();
        self.powered = on;
    }

    /// Polling does not disturb what was authenticated.
    fn activate(&mut self) {}

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        if !self.powered {
            return ChipReply::Silence;
        }
        match self.frame(frame) {
            Ok(reply) => reply,
            Err(No::Dead) => {
                self.power(false);
                ChipReply::Dead
            }
            Err(_) => ChipReply::Silence,
        }
    }

    fn apdu(&mut self, _apdu: &[u8]) -> ChipReply {
        ChipReply::Silence
    }

    fn arm(&mut self, tear: Tear) {
        self.image.arm(tear);
    }

    fn save(&self) -> CardImage {
        CardImage::Felica(Box::new((*self.image).clone()))
    }
}

#[cfg(test)]
mod tests;
