//! From the readers' events to what the screens hear: who tapped, and what to do if it failed.

use crate::devices::Devices;
use crate::events::{CardShown, Happening, Hub};
use crate::purse::{CardTapped, Keys, Tapped, TillAttendant, words};
use crate::till::{Desk, Till, TillError, card_words};
use crate::view::MemberView;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use tillside_core::{Money, Refusal};
use tillside_drivers::{ReaderError, ReaderEvent, ReaderService, ServiceConfig};

const UP: &str = "The card readers work.";
const DOWN: &str = "The card reader service is not answering. Cards cannot be read; the till goes on by itself when it is back.";

/// The readers of one agent.
#[derive(Debug)]
pub struct Readers {
    service: ReaderService,
    bridge: JoinHandle<()>,
}

impl Readers {
    /// Watches the readers that `config` names.
    ///
    /// # Errors
    /// If the system gives no thread, or a port is named that this program cannot drive.
    pub(crate) fn start(
        config: ServiceConfig,
        attendant: TillAttendant,
        devices: Devices,
        hub: Hub,
    ) -> Result<Self, ReaderError> {
        let (till, keys) = (attendant.till.clone(), attendant.keys.clone());
        let (service, events) = ReaderService::start(config, attendant)?;
        let bridge = Bridge {
            till,
            devices,
            hub,
            keys,
        };
        let bridge = std::thread::Builder::new()
            .name("taps".to_owned())
            .spawn(move || bridge.run(&events))
            .map_err(|source| ReaderError::Other {
                step: "starting a thread",
                source: std::sync::Arc::new(source),
            })?;
        Ok(Self { service, bridge })
    }

    /// Stops watching; every card is let go.
    pub fn stop(self) {
        self.service.stop();
        if self.bridge.join().is_err() {
            tracing::error!("the thread for taps failed");
        }
    }
}

struct Bridge {
    till: Till,
    devices: Devices,
    hub: Hub,
    keys: Keys,
}

impl Bridge {
    /// Until the service ends.
    fn run(&self, events: &Receiver<ReaderEvent<Tapped>>) {
        while let Ok(event) = events.recv() {
            self.hear(event);
        }
    }

    fn hear(&self, event: ReaderEvent<Tapped>) {
        match event {
            ReaderEvent::ServiceUp => self.service(true, UP),
            ReaderEvent::ServiceDown { why } => {
                tracing::warn!(%why, "the card reader service does not answer");
                self.service(false, DOWN);
            }
            ReaderEvent::ReaderAdded { reader } => {
                tracing::info!(reader, "a reader is ready");
                self.devices.added(&reader);
                self.hub.tell(self.devices.happening());
            }
            ReaderEvent::ReaderHeld { reader } => {
                tracing::warn!(reader, "another program holds a reader");
                self.devices.held(&reader);
                self.hub.tell(self.devices.happening());
            }
            ReaderEvent::ReaderRemoved { reader } => {
                tracing::info!(reader, "a reader is gone");
                self.devices.removed(&reader);
                self.hub.tell(self.devices.happening());
            }
            ReaderEvent::Card { reader, identity } => match identity {
                Tapped::Card(card) => self.card(reader, *card),
                Tapped::Refused(message) => {
                    tracing::info!(reader, message, "a card is not taken");
                    self.hub.tell(Happening::CardUnreadable { reader, message });
                }
            },
            ReaderEvent::CardUnreadable { reader, error } => {
                tracing::info!(reader, %error, "a card was not read");
                let message = error.cashier_words().to_owned();
                self.hub.tell(Happening::CardUnreadable { reader, message });
            }
            ReaderEvent::CardRemoved { reader } => {
                self.hub.tell(Happening::CardRemoved { reader });
            }
            _ => {}
        }
    }

    fn service(&self, up: bool, words: &str) {
        self.devices.service(up, words);
        self.hub.tell(self.devices.happening());
    }

    fn card(&self, reader: String, card: CardTapped) {
        let keys = self.keys.held();
        let shown = {
            let reader = reader.clone();
            self.till
                .run_blocking(move |desk| shown(desk, reader, card, keys))
        };
        self.hub.tell(match shown {
            Ok(shown) => Happening::Card(shown),
            Err(error) => {
                let message = error.to_string();
                Happening::CardUnreadable { reader, message }
            }
        });
    }
}

/// A card as the screens hear of it.
fn shown(
    desk: &mut Desk,
    reader: String,
    card: CardTapped,
    keys: bool,
) -> Result<CardShown, TillError> {
    let CardTapped {
        reading,
        balance,
        blocked,
        frozen,
    } = card;
    let member = match reading.member {
        Some(member) => desk.store.member(&member)?,
        None => None,
    };
    let member = match member {
        Some(member) => Some(member),
        None => desk.member_of(&reading.card)?,
    };
    let currency = desk.purse_scheme().map(|scheme| scheme.currency);
    let balance = balance.zip(currency);
    let balance = balance.map(|(minor, currency)| Money::new(minor, currency));
    let may = match (&blocked, &reading.refused) {
        _ if frozen => words::FROZE.to_owned(),
        (Some(why), _) => format!("This card may not be used to pay: {why}"),
        (None, Some(words)) => words.clone(),
        _ if reading.purse => words::CARD_PAYS.to_owned(),
        _ if reading.authenticated => words::CARD_IDENTIFIES.to_owned(),
        _ if currency.is_some() && !keys => words::CARD_WITHOUT_KEYS.to_owned(),
        _ => words::CARD_EARNS.to_owned(),
    };
    Ok(CardShown {
        reader,
        kind: reading.kind.to_owned(),
        message: card_words(member.as_ref()),
        member: member.as_ref().map(MemberView::from),
        authenticated: reading.authenticated,
        pays: reading.purse && reading.refused.is_none() && blocked.is_none() && !frozen,
        may,
        balance: balance.transpose().map_err(Refusal::from)?,
        open: desk.open_with(&reading.card)?,
        card: reading.card,
    })
}
