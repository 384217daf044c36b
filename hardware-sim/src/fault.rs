//! Faults: what goes wrong on one reader, and for how long. They exist here only.

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
}

/// One fault. A reader has one at a time; setting another replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The card leaves while it works on the `apdu`-th command from now (1 is the next), without an
    /// answer. Counted on across taps. Always one-shot.
    RemoveAt {
        /// Which command, from 1.
        apdu: u32,
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

impl FaultSetting {
    /// Refuses what cannot happen.
    pub(crate) fn checked(self) -> Result<Self, SimError> {
        match self.fault {
            Fault::RemoveAt { apdu: 0 } => Err(SimError::BadFault {
                why: "commands are counted from 1",
            }),
            Fault::Delay { ms } if ms > 60_000 => Err(SimError::BadFault {
                why: "a delay is at most 60000 ms",
            }),
            _ => Ok(self),
        }
    }
}

/// What happens to the command at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    None,
    Remove,
    Delay(std::time::Duration),
    Mute,
    Garble(Garble),
}

/// Decides for one command, and uses up what is one-shot.
pub(crate) fn strike(setting: &mut Option<FaultSetting>) -> Strike {
    let Some(current) = setting else {
        return Strike::None;
    };
    let strike = match &mut current.fault {
        Fault::RemoveAt { apdu } => {
            *apdu = apdu.saturating_sub(1);
            if *apdu > 0 {
                return Strike::None;
            }
            current.once = true;
            Strike::Remove
        }
        Fault::Delay { ms } => Strike::Delay(std::time::Duration::from_millis(*ms)),
        Fault::Mute => Strike::Mute,
        Fault::Garble { how } => Strike::Garble(*how),
    };
    if current.once {
        *setting = None;
    }
    strike
}

/// Spoils an answer.
pub(crate) fn garbled(how: Garble, answer: Vec<u8>) -> Vec<u8> {
    match how {
        // A5 turns no status word (9x, 6x) into another one.
        Garble::Flip => answer.iter().map(|byte| byte ^ 0xA5).collect(),
        Garble::Cut => answer.into_iter().take(1).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remove_at_strikes_once_at_its_command() {
        let mut setting = Some(FaultSetting {
            fault: Fault::RemoveAt { apdu: 2 },
            once: false,
        });
        assert_eq!(strike(&mut setting), Strike::None);
        assert_eq!(strike(&mut setting), Strike::Remove);
        assert_eq!(strike(&mut setting), Strike::None);
        assert_eq!(setting, None);
    }

    #[test]
    fn others_stay_unless_once() {
        let mut stays = Some(FaultSetting {
            fault: Fault::Mute,
            once: false,
        });
        let mut once = Some(FaultSetting {
            fault: Fault::Mute,
            once: true,
        });
        for (setting, second) in [(&mut stays, Strike::Mute), (&mut once, Strike::None)] {
            assert_eq!(strike(setting), Strike::Mute);
            assert_eq!(strike(setting), second);
        }
    }
}
