//! Where cards are laid: a reader of this process, or one on a real PC/SC service.

use anyhow::{Context, Result, bail, ensure};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tillside_drivers::pcsc::PcscReader;
use tillside_drivers::{CardReader, CardSession, Presented, ReaderError};
use tillside_sim::{
    CardSpec, DirectReader, Fault, FaultSetting, ReaderModel, SavedCard, Shelf, Simulator,
};

/// Nothing takes the service as long unless it is broken.
const HOPELESS: Duration = Duration::from_secs(30);

/// The readers of a chain, to be made.
#[derive(Clone)]
pub enum Bench {
    /// In this process.
    Direct,
    /// On a service: reader 1 is S1's, reader 2 is S2's. `PCSCLITE_CSOCK_NAME` must name its socket
    /// since this process began.
    Service(Arc<Simulator>),
}

/// The reader beside a till.
pub struct Place(Kind);

enum Kind {
    Direct(DirectReader),
    Service {
        sim: Arc<Simulator>,
        number: usize,
        // What was seen last, to wait until the service saw it go.
        lying: Option<Presented>,
    },
    Attached(Presented),
}

impl Bench {
    /// Where cards are that lie nowhere.
    pub(super) fn shelf(&self) -> Shelf {
        match self {
            Bench::Direct => Shelf::default(),
            Bench::Service(sim) => sim.shelf().clone(),
        }
    }

    pub(super) fn place(&self, number: usize, shelf: &Shelf) -> Place {
        Place(match self {
            Bench::Direct => Kind::Direct(DirectReader::new(ReaderModel::Acr122, shelf)),
            Bench::Service(sim) => Kind::Service {
                sim: sim.clone(),
                number,
                lying: None,
            },
        })
    }
}

impl Place {
    /// A reader of a service whose cards somebody else lays down, and has.
    ///
    /// # Errors
    /// If the service does not have it, or sees no card there.
    pub fn attached(name: &str) -> Result<Self> {
        let mut reader = PcscReader::open(name)?;
        let seen = reader.wait_for_card(HOPELESS)?;
        Ok(Self(Kind::Attached(seen.context("no card lies there")?)))
    }

    /// Lays a card down, with what goes wrong then.
    ///
    /// # Errors
    /// If one lies there.
    pub fn lay(&mut self, card: &CardSpec, fault: Option<Fault>) -> Result<()> {
        let fault = fault.map(|fault| FaultSetting { fault, once: true });
        match &mut self.0 {
            Kind::Direct(reader) => {
                reader.lay(card)?;
                reader.set_fault(fault)?;
            }
            Kind::Service { sim, number, lying } => {
                sim.tap(*number, card)?;
                sim.set_fault(*number, fault)?;
                let mut reader = PcscReader::open(&sim.reader(*number)?.name)?;
                let seen = reader.wait_for_card(HOPELESS)?;
                *lying = Some(seen.context("the service did not see the card")?);
            }
            Kind::Attached(_) => bail!("somebody else lays cards down here"),
        }
        Ok(())
    }

    /// If the card has gone by itself, waits until the service saw that. See [`Place::wait_if_held`].
    ///
    /// # Errors
    /// If the service does not see it go.
    pub fn wait_if_gone(&mut self) -> Result<()> {
        let Kind::Service { sim, number, lying } = &mut self.0 else {
            return Ok(());
        };
        if sim.reader(*number)?.card.is_none()
            && let Some(card) = lying.take()
        {
            let mut reader = PcscReader::open(&card.reader)?;
            let gone = reader.wait_for_removal(&card, HOPELESS)?;
            ensure!(gone, "the service did not see the card go");
        }
        Ok(())
    }

    /// If the card lies there, waits until the service took it back from a program that died with it.
    ///
    /// pcscd resets such a card, and looks for cards every 400 ms. If the card goes and comes between
    /// two looks and the reset falls in between, pcscd (seen with 1.9.9) takes the reader for empty
    /// until the card is lifted once more. No hand is as quick; a test is.
    ///
    /// # Errors
    /// If the service does not give it back.
    pub fn wait_if_held(&self) -> Result<()> {
        let Kind::Service {
            lying: Some(card), ..
        } = &self.0
        else {
            return Ok(());
        };
        let end = Instant::now() + HOPELESS;
        loop {
            // A session begins when nobody else holds the card.
            match on_service(card, |_| ()) {
                Err(ReaderError::InUse { .. }) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => return Ok(other?),
            }
        }
    }

    /// Takes the card away, if it lies there, and what was to go wrong.
    ///
    /// # Errors
    /// If the service does not see it go.
    pub fn lift(&mut self) -> Result<()> {
        match &mut self.0 {
            Kind::Direct(reader) => {
                reader.lift();
                reader.set_fault(None)?;
            }
            Kind::Service { sim, number, lying } => {
                sim.remove(*number)?;
                sim.set_fault(*number, None)?;
                if let Some(card) = lying.take() {
                    let mut reader = PcscReader::open(&card.reader)?;
                    let gone = reader.wait_for_removal(&card, HOPELESS)?;
                    ensure!(gone, "the service did not see the card go");
                }
            }
            Kind::Attached(_) => bail!("somebody else lays cards down here"),
        }
        Ok(())
    }

    /// What is done in one conversation with the card that lies there.
    ///
    /// # Errors
    /// If none does.
    pub fn with_session<R>(
        &self,
        job: impl FnOnce(&mut dyn CardSession) -> R,
    ) -> Result<R, ReaderError> {
        match &self.0 {
            Kind::Direct(reader) => Ok(job(reader.session()?.as_mut())),
            Kind::Service { lying, .. } => {
                let gone = || ReaderError::CardGone {
                    reader: String::new(),
                    source: None,
                };
                on_service(lying.as_ref().ok_or_else(gone)?, job)
            }
            Kind::Attached(card) => on_service(card, job),
        }
    }

    /// A card as it is now, if this reader's bench has it.
    pub fn card(&self, spec: &CardSpec) -> Option<SavedCard> {
        match &self.0 {
            Kind::Direct(reader) => reader.card(spec),
            Kind::Service { sim, .. } => sim.card(spec),
            Kind::Attached(_) => None,
        }
    }

    /// How many commands reached the reader's cards.
    ///
    /// # Errors
    /// If the bench has no such reader.
    pub fn commands(&self) -> Result<u64> {
        Ok(match &self.0 {
            Kind::Direct(reader) => reader.view().commands,
            Kind::Service { sim, number, .. } => sim.reader(*number)?.commands,
            Kind::Attached(_) => bail!("somebody else counts them"),
        })
    }

    /// The name of the reader for the service; none if it is in this process.
    pub fn on_service(&self) -> Option<&str> {
        match &self.0 {
            Kind::Direct(_) => None,
            Kind::Attached(card) => Some(&card.reader),
            Kind::Service { lying, .. } => lying.as_ref().map(|card| card.reader.as_str()),
        }
    }
}

fn on_service<R>(
    card: &Presented,
    job: impl FnOnce(&mut dyn CardSession) -> R,
) -> Result<R, ReaderError> {
    let mut reader = PcscReader::open(&card.reader)?;
    Ok(job(reader.connect(card)?.as_mut()))
}
