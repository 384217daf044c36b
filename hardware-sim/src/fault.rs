//! Faults: what goes wrong on one reader, and for how long. They exist here only.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::SimError;

/// How an answer is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Garble {
    /// Every byte is changed; the length stays.
    #[default]
    Flip,
    /// Only the first byte arrives.
    Cut,
    /// One bit is changed, in front of the last two bytes if there is something.
    Bit,
}

/// One fault. A reader has one at a time; setting another replaces it.
///
/// Where there is an `apdu`, it is the `apdu`-th command from now that is struck (1 is the next),
/// counted on across taps, and the fault is over with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The card leaves before it works on the command. No answer.
    RemoveAt {
        /// Which command, from 1.
        apdu: u32,
    },
    /// From the command on, the card's next write to memory is torn: its power is lost on one side of
    /// it, and the card leaves. It may be a later command that writes, or none.
    TearWrite {
        /// Which command, from 1.
        #[serde(default = "next")]
        apdu: u32,
        /// The write happened, and power was lost behind it; otherwise in front of it.
        #[serde(default)]
        after: bool,
    },
    /// The card works on the command and leaves before its answer is heard.
    LoseAnswer {
        /// Which command, from 1.
        apdu: u32,
    },
    /// The card works on the command, and its answer is not heard; the card stays.
    Unheard {
        /// Which command, from 1.
        apdu: u32,
    },
    /// The answer to the command arrives spoilt.
    GarbleAt {
        /// Which command, from 1.
        apdu: u32,
        /// How.
        #[serde(default)]
        how: Garble,
    },
    /// The reader loses its power before the command: its card too, without an answer. Behind pcscd
    /// both are back at once; a reader in memory is gone until it is plugged in again.
    PowerCut {
        /// Which command, from 1.
        apdu: u32,
    },
    /// Every command may be struck by one of the faults above, drawn from a seed: the same seed, the
    /// same faults.
    Chance {
        /// How many commands of a thousand are struck.
        per_mille: u16,
        /// The seed.
        seed: u64,
    },
    /// Every answer comes this much later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The chip says nothing; the reader reports it in its own way, as it does for a real one.
    Mute,
    /// The answer arrives spoilt.
    Garble {
        /// How.
        #[serde(default)]
        how: Garble,
    },
}

fn next() -> u32 {
    1
}

/// A fault and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSetting {
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// `true`: it strikes one command and is over. `false`: it stays until it is taken away.
    #[serde(default)]
    pub once: bool,
}

impl From<Fault> for FaultSetting {
    /// Until it is taken away, or is over by itself.
    fn from(fault: Fault) -> Self {
        Self { fault, once: false }
    }
}

impl FaultSetting {
    /// Refuses what cannot happen.
    pub(crate) fn checked(self) -> Result<Self, SimError> {
        let why = match self.fault {
            Fault::Delay { ms } if ms > 60_000 => "a delay is at most 60000 ms",
            Fault::Chance { per_mille, .. } if per_mille > 1000 => "at most 1000 of a thousand",
            mut fault => match counter(&mut fault) {
                Some(0) => "commands are counted from 1",
                _ => return Ok(self),
            },
        };
        Err(SimError::BadFault { why })
    }
}

/// The number of the command that is struck.
fn counter(fault: &mut Fault) -> Option<&mut u32> {
    match fault {
        Fault::RemoveAt { apdu }
        | Fault::TearWrite { apdu, .. }
        | Fault::LoseAnswer { apdu }
        | Fault::Unheard { apdu }
        | Fault::PowerCut { apdu }
        | Fault::GarbleAt { apdu, .. } => Some(apdu),
        _ => None,
    }
}

/// What happens to the command at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    None,
    Remove,
    LoseAnswer,
    Unheard,
    PowerCut,
    TearWrite { after: bool },
    Delay(Duration),
    Mute,
    Garble(Garble),
}

/// Decides for one command, and uses up what is one-shot.
pub(crate) fn strike(setting: &mut Option<FaultSetting>) -> Strike {
    let Some(current) = setting else {
        return Strike::None;
    };
    if let Some(apdu) = counter(&mut current.fault) {
        *apdu = apdu.saturating_sub(1);
        if *apdu > 0 {
            return Strike::None;
        }
        current.once = true;
    }
    let strike = match &mut current.fault {
        Fault::RemoveAt { .. } => Strike::Remove,
        Fault::TearWrite { after, .. } => Strike::TearWrite { after: *after },
        Fault::LoseAnswer { .. } => Strike::LoseAnswer,
        Fault::Unheard { .. } => Strike::Unheard,
        Fault::PowerCut { .. } => Strike::PowerCut,
        Fault::GarbleAt { how, .. } | Fault::Garble { how } => Strike::Garble(*how),
        Fault::Chance { per_mille, seed } => match drawn(*per_mille, seed) {
            Strike::None => return Strike::None,
            strike => strike,
        },
        Fault::Delay { ms } => Strike::Delay(Duration::from_millis(*ms)),
        Fault::Mute => Strike::Mute,
    };
    if current.once {
        *setting = None;
    }
    strike
}

/// One draw: whether, and what. The seed goes on to the next one (SplitMix64).
fn drawn(per_mille: u16, seed: &mut u64) -> Strike {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let mixed = mixed ^ (mixed >> 31);
    if mixed % 1000 >= u64::from(per_mille) {
        return Strike::None;
    }
    match mixed >> 40 & 0x07 {
        0 => Strike::Remove,
        1 => Strike::LoseAnswer,
        2 => Strike::Unheard,
        3 => Strike::TearWrite { after: false },
        4 => Strike::TearWrite { after: true },
        5 => Strike::Garble(Garble::Flip),
        6 => Strike::Garble(Garble::Cut),
        _ => Strike::Garble(Garble::Bit),
    }
}

/// Spoils an answer.
pub(crate) fn garbled(how: Garble, mut answer: Vec<u8>) -> Vec<u8> {
    match how {
        // A5 turns no status word (9x, 6x) into another one.
        Garble::Flip => answer.iter_mut().for_each(|byte| *byte ^= 0xA5),
        Garble::Cut => answer.truncate(1),
        Garble::Bit => {
            let place = answer.len().saturating_sub(3);
            if let Some(byte) = answer.get_mut(place) {
                *byte ^= 0x10;
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Every fault with a command that is struck, and its strike.
    const COUNTED: [(Fault, Strike); 7] = [
        (Fault::RemoveAt { apdu: 2 }, Strike::Remove),
        (Fault::LoseAnswer { apdu: 2 }, Strike::LoseAnswer),
        (Fault::Unheard { apdu: 2 }, Strike::Unheard),
        (Fault::PowerCut { apdu: 2 }, Strike::PowerCut),
        (
            Fault::GarbleAt {
                apdu: 2,
                how: Garble::Bit,
            },
            Strike::Garble(Garble::Bit),
        ),
        (
            Fault::TearWrite {
                apdu: 2,
                after: false,
            },
            Strike::TearWrite { after: false },
        ),
        (
            Fault::TearWrite {
                apdu: 2,
                after: true,
            },
            Strike::TearWrite { after: true },
        ),
    ];

    #[test]
    fn counted_faults_strike_once_at_their_command() {
        for (fault, expected) in COUNTED {
            let mut setting = Some(fault.into());
            assert_eq!(strike(&mut setting), Strike::None, "{fault:?}");
            assert_eq!(strike(&mut setting), expected);
            assert_eq!(strike(&mut setting), Strike::None, "{fault:?}");
            assert_eq!(setting, None);
        }
    }

    #[test]
    fn others_stay_unless_once() {
        let mut stays = Some(Fault::Mute.into());
        let mut once = Some(FaultSetting {
            fault: Fault::Mute,
            once: true,
        });
        for (setting, second) in [(&mut stays, Strike::Mute), (&mut once, Strike::None)] {
            assert_eq!(strike(setting), Strike::Mute);
            assert_eq!(strike(setting), second);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (fault, _) in COUNTED {
            let mut fault = fault;
            assert!(FaultSetting::from(fault).checked().is_ok());
            *counter(&mut fault).unwrap() = 0;
            assert!(FaultSetting::from(fault).checked().is_err(), "{fault:?}");
        }
        for fault in [
            Fault::Delay { ms: 60_001 },
            Fault::Chance {
                per_mille: 1001,
                seed: 1,
            },
        ] {
            assert!(FaultSetting::from(fault).checked().is_err(), "{fault:?}");
        }
    }

    #[test]
    fn the_same_seed_strikes_the_same_and_about_as_often_as_asked() {
        let strikes = |seed| {
            let mut setting = Some(
                Fault::Chance {
                    per_mille: 100,
                    seed,
                }
                .into(),
            );
            (0..10_000)
                .map(|_| strike(&mut setting))
                .collect::<Vec<_>>()
        };
        let first = strikes(7);
        assert_eq!(first, strikes(7));
        assert_ne!(first, strikes(8));
        let struck: Vec<_> = first
            .iter()
            .filter(|strike| **strike != Strike::None)
            .collect();
        assert!((900..1100).contains(&struck.len()), "{}", struck.len());
        for (_, wanted) in &COUNTED {
            // A power cut ends a reader in memory, so chance does not draw it.
            let never = *wanted == Strike::PowerCut;
            assert_ne!(struck.contains(&wanted), never, "{wanted:?}");
        }
    }

    #[test]
    fn one_bit_is_in_the_data_where_there_is_some() {
        assert_eq!(
            garbled(Garble::Bit, vec![1, 2, 0x91, 0]),
            [1, 0x12, 0x91, 0]
        );
        assert_eq!(garbled(Garble::Bit, vec![0x91, 0]), [0x81, 0]);
        assert!(garbled(Garble::Bit, vec![]).is_empty());
        assert_eq!(garbled(Garble::Cut, vec![0x91, 0]), [0x91]);
    }

    #[test]
    fn what_scripts_wrote_before_still_means_the_same() {
        for (text, fault, once) in [
            (
                r#"{"kind":"remove-at","apdu":2}"#,
                Fault::RemoveAt { apdu: 2 },
                false,
            ),
            (
                r#"{"kind":"delay","ms":30,"once":true}"#,
                Fault::Delay { ms: 30 },
                true,
            ),
            (r#"{"kind":"mute"}"#, Fault::Mute, false),
            (
                r#"{"kind":"garble"}"#,
                Fault::Garble { how: Garble::Flip },
                false,
            ),
            (
                r#"{"kind":"garble","how":"cut"}"#,
                Fault::Garble { how: Garble::Cut },
                false,
            ),
            (
                r#"{"kind":"tear-write","after":true}"#,
                Fault::TearWrite {
                    apdu: 1,
                    after: true,
                },
                false,
            ),
        ] {
            let read: FaultSetting = serde_json::from_str(text).unwrap();
            assert_eq!(read, FaultSetting { fault, once }, "{text}");
            let back = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<FaultSetting>(&back).unwrap(), read);
        }
    }
}
