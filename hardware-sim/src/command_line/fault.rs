//! `tillside-sim fault`: what goes wrong, in words.

use clap::{Args, Subcommand};
use tillside_sim::{Fault, FaultSetting, Garble};

use super::At;

/// The faults.
#[derive(Subcommand)]
pub(super) enum FaultAction {
    /// The card leaves in the N-th command from now (1 is the next), without working on it. Strikes once
    #[command(visible_alias = "tear-apdu")]
    RemoveAt(Counted),
    /// From the N-th command on, the card loses power in front of its next write to memory. Strikes once
    TearBefore(Counted),
    /// From the N-th command on, the card loses power behind its next write to memory. Strikes once
    TearAfter(Counted),
    /// The card works on the N-th command and leaves before its answer is heard. Strikes once
    LoseAnswer(Counted),
    /// The card works on the N-th command and stays; its answer is not heard. Strikes once
    Unheard(Counted),
    /// The reader and its card lose power in front of the N-th command, and have it back. Strikes once
    PowerCut(Counted),
    /// The answer to the N-th command arrives spoilt. Strikes once
    GarbleAt {
        #[command(flatten)]
        counted: Counted,
        /// Change every byte, cut all but the first off, or change one bit
        #[arg(long, value_enum, default_value_t)]
        kind: Garble,
    },
    /// Each command may be struck by one of the above, drawn from a seed, until `none`
    Chance {
        /// How many commands of a thousand
        per_mille: u16,
        /// The same seed draws the same faults
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        at: At,
    },
    /// Every answer comes MS milliseconds later, until `none`
    Delay {
        /// Milliseconds
        ms: u64,
        #[command(flatten)]
        how: Lasting,
    },
    /// The card does not answer, until `none`
    Mute(Lasting),
    /// Answers arrive spoilt, until `none`
    Garble {
        /// Change every byte, cut all but the first off, or change one bit
        #[arg(long, value_enum, default_value_t)]
        kind: Garble,
        #[command(flatten)]
        how: Lasting,
    },
    /// Nothing goes wrong
    None(At),
}

#[derive(Args)]
pub(super) struct Counted {
    /// Which command, 1 for the next
    apdu: u32,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct Lasting {
    /// Only for the next command
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    at: At,
}

/// The reader, and what is set for it.
pub(super) fn setting(action: FaultAction) -> (usize, Option<FaultSetting>) {
    let at =
        |counted: &Counted, fault| (counted.at.reader, Some(FaultSetting { fault, once: true }));
    let lasting = |how: &Lasting, fault| {
        let once = how.once;
        (how.at.reader, Some(FaultSetting { fault, once }))
    };
    match action {
        FaultAction::RemoveAt(c) => at(&c, Fault::RemoveAt { apdu: c.apdu }),
        FaultAction::TearBefore(c) => {
            let (apdu, after) = (c.apdu, false);
            at(&c, Fault::TearWrite { apdu, after })
        }
        FaultAction::TearAfter(c) => {
            let (apdu, after) = (c.apdu, true);
            at(&c, Fault::TearWrite { apdu, after })
        }
        FaultAction::LoseAnswer(c) => at(&c, Fault::LoseAnswer { apdu: c.apdu }),
        FaultAction::Unheard(c) => at(&c, Fault::Unheard { apdu: c.apdu }),
        FaultAction::PowerCut(c) => at(&c, Fault::PowerCut { apdu: c.apdu }),
        FaultAction::GarbleAt { counted, kind } => {
            let (apdu, how) = (counted.apdu, kind);
            at(&counted, Fault::GarbleAt { apdu, how })
        }
        FaultAction::Chance {
            per_mille,
            seed,
            at,
        } => (at.reader, Some(Fault::Chance { per_mille, seed }.into())),
        FaultAction::Delay { ms, how } => lasting(&how, Fault::Delay { ms }),
        FaultAction::Mute(how) => lasting(&how, Fault::Mute),
        FaultAction::Garble { kind, how } => lasting(&how, Fault::Garble { how: kind }),
        FaultAction::None(at) => (at.reader, None),
    }
}

/// A fault in words.
pub(super) fn describe(setting: Option<FaultSetting>) -> String {
    let Some(setting) = setting else {
        return "none".to_owned();
    };
    let fault = match setting.fault {
        Fault::RemoveAt { apdu } => return format!("the card leaves in command {apdu} from now"),
        Fault::TearWrite { apdu, after } => {
            let side = if after { "behind" } else { "in front of" };
            return format!(
                "the card loses power {side} its next write, from command {apdu} from now"
            );
        }
        Fault::LoseAnswer { apdu } => {
            return format!("the card works on command {apdu} from now and leaves unheard");
        }
        Fault::Unheard { apdu } => {
            return format!("the answer to command {apdu} from now is not heard");
        }
        Fault::PowerCut { apdu } => {
            return format!("the reader loses power in front of command {apdu} from now");
        }
        Fault::GarbleAt { apdu, .. } => {
            return format!("the answer to command {apdu} from now is spoilt");
        }
        Fault::Chance { per_mille, seed } => {
            format!("{per_mille} of 1000 commands struck, seed {seed}")
        }
        Fault::Delay { ms } => format!("answers {ms} ms late"),
        Fault::Mute => "card mute".to_owned(),
        Fault::Garble { .. } => "answers spoilt".to_owned(),
        _ => "unknown to this program".to_owned(),
    };
    if setting.once {
        format!("{fault}, once")
    } else {
        fault
    }
}
