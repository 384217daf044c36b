//! `tillside enrol`: this computer becomes a till of HQ's.

use super::{Failure, Outcome, store};
use clap::Args;
use tillside::{DataFolder, Journal};
use tillside_core::LaneId;
use tillside_store::Store;
use tillside_sync::{Identity, Replacing, spoken};

/// Makes this computer a till of HQ's.
#[derive(Debug, Args)]
pub(super) struct Enrol {
    /// HQ's address: https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    hq: String,
    /// The till's name within the store, such as 1.
    #[arg(long, required_unless_present = "renew")]
    lane: Option<LaneId>,
    /// Get this till a new certificate and nothing else: its journal goes on. For a certificate that ended, or an
    /// HQ that forgot this till. HQ makes the code with `terminal invite --terminal ID`.
    #[arg(long, conflicts_with_all = ["replace", "lane"])]
    renew: bool,
    /// Make a new till of one that is set up already. Its journal ends; it is kept beside the new one.
    #[arg(long)]
    replace: bool,
    /// With --replace: even if HQ has not confirmed everything. Export the journal first.
    #[arg(long, requires = "replace")]
    force: bool,
    /// The invitation code that `tillside-hq terminal invite` printed.
    code: String,
}

impl Enrol {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        let old = store(data)?;
        if self.renew {
            return self.renew(data, &old);
        }
        if let Some(profile) = old.profile()
            && !self.replace
        {
            return Err(Failure::said(format!(
                "This till is set up already, as till {} of store {}. For a new certificate, use --renew; to make a new till of it, --replace; to set up another, use a new folder.",
                profile.lane, profile.profile.store
            )));
        }
        // An enrolment that was cut short is finished, not begun again.
        let unfinished = Identity::load(&data.hq()).ok().filter(|identity| {
            let new = identity.terminal().terminal;
            let begun = data.journal() == Journal::Begun(new);
            !begun && old.profile().is_none_or(|profile| profile.terminal != new)
        });
        let identity = match unfinished {
            Some(identity) => identity,
            None => self.ask_hq(data, &old)?,
        };
        begin_journal(data, old, &identity)?;
        let profile = identity.terminal();
        println!(
            "This is now till {} of store {} ({}), terminal {}.",
            profile.lane, profile.profile.store, profile.profile.name, profile.terminal
        );
        println!("Next: tillside people add, then tillside run.");
        Ok(())
    }

    /// A new certificate for the till that this is.
    fn renew(&self, data: &DataFolder, store: &Store) -> Outcome {
        let Some(profile) = store.profile() else {
            return Err(Failure::said(
                "This till is not set up yet, so there is nothing to renew. Leave --renew out and say --lane."
                    .to_owned(),
            ));
        };
        let (terminal, lane) = (profile.terminal, profile.lane.clone());
        let identity = ask(data, self, lane, Replacing::Certificate { terminal })?;
        println!(
            "Till {} of store {} has a new certificate, until {}. Its journal goes on; {} facts wait for HQ.",
            profile.lane,
            profile.profile.store,
            spoken(identity.validity().1),
            store.unconfirmed()?
        );
        println!("Next: tillside run.");
        Ok(())
    }

    fn ask_hq(&self, data: &DataFolder, old: &Store) -> Result<Identity, Failure> {
        let replacing = match (self.replace, self.force) {
            (_, true) => Replacing::Always,
            (true, _) => Replacing::IfSettled {
                unconfirmed: old.unconfirmed()?,
            },
            _ => Replacing::Never,
        };
        let Some(lane) = self.lane.clone() else {
            return Err(Failure::said(
                "Say which till this is: --lane 1.".to_owned(),
            ));
        };
        ask(data, self, lane, replacing)
    }
}

fn ask(
    data: &DataFolder,
    enrol: &Enrol,
    lane: LaneId,
    replacing: Replacing,
) -> Result<Identity, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = data.hq();
    let enrolling = tillside_sync::enrol(&folder, &enrol.hq, &enrol.code, lane, replacing);
    Ok(runtime.block_on(enrolling)?)
}

/// Begins the journal of the terminal that the identity names; an old one is put aside, its people kept.
fn begin_journal(data: &DataFolder, mut store: Store, identity: &Identity) -> Outcome {
    let new = identity.terminal();
    let old = store.profile().map(|profile| profile.terminal);
    if let Some(old) = old.filter(|old| *old != new.terminal) {
        let people = store.people()?;
        drop(store);
        let kept = data.put_aside(old)?;
        println!(
            "The journal of terminal {old} is kept in {}.",
            kept.display()
        );
        store = Store::open(&data.database())?;
        for person in &people {
            store.put_person(person)?;
        }
    }
    store.enrol(new)?;
    data.journal_begun(new.terminal)?;
    Ok(())
}
