//! From the readers' events to what the screens hear: who tapped, and what to do if it failed.

use crate::devices::Devices;
use crate::events::{CardShown, Happening, Hub};
use crate::till::{Till, card_words};
use crate::view::MemberView;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use tillside_cards::{CardKind, Identified, identify};
use tillside_core::CardIdentity;
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
    /// Watches all PC/SC readers of this computer.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(till: Till, devices: Devices, hub: Hub) -> Result<Self, ReaderError> {
        let (service, events) = ReaderService::start(ServiceConfig::default(), identify)?;
        let bridge = Bridge { till, devices, hub };
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
}

impl Bridge {
    /// Until the service ends.
    fn run(&self, events: &Receiver<ReaderEvent<Identified>>) {
        while let Ok(event) = events.recv() {
            self.hear(event);
        }
    }

    fn hear(&self, event: ReaderEvent<Identified>) {
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
            ReaderEvent::ReaderRemoved { reader } => {
                tracing::info!(reader, "a reader is gone");
                self.devices.removed(&reader);
                self.hub.tell(self.devices.happening());
            }
            ReaderEvent::Card { reader, identity } => self.card(reader, &identity),
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

    fn card(&self, reader: String, card: &Identified) {
        let unreadable = |reader, message: &str| Happening::CardUnreadable {
            reader,
            message: message.to_owned(),
        };
        let Ok(identity) = CardIdentity::new(&format!("uid:{}", card.uid)) else {
            let message = "This card's number cannot be used. Ask for the member card or the code.";
            return self.hub.tell(unreadable(reader, message));
        };
        let asked = identity.clone();
        let member = self.till.run_blocking(move |desk| desk.member_of(&asked));
        self.hub.tell(match member {
            Ok(member) => Happening::Card(CardShown {
                reader,
                card: identity,
                kind: kind(card.kind).to_owned(),
                message: card_words(member.as_ref()),
                member: member.as_ref().map(MemberView::from),
            }),
            Err(error) => unreadable(reader, &error.to_string()),
        });
    }
}

fn kind(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Ntag213 => "ntag213",
        CardKind::Ntag215 => "ntag215",
        CardKind::Ntag216 => "ntag216",
        _ => "uid_only",
    }
}
