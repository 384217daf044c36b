//! What is known of the readers right now, for whoever asks.

use crate::events::{Happening, ReaderView, ReadersView, ServiceView};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The readers, shared between the thread that hears of them and whoever asks.
#[derive(Clone, Debug, Default)]
pub struct Devices(Arc<Mutex<ReadersView>>);

impl Devices {
    /// As they are now.
    pub fn view(&self) -> ReadersView {
        self.lock().clone()
    }

    /// The same as an event.
    pub fn happening(&self) -> Happening {
        Happening::Readers(self.view())
    }

    /// The reader service answers, or does not, in words.
    pub fn service(&self, up: bool, words: &str) {
        self.lock().card_service = ServiceView {
            up,
            words: words.to_owned(),
        };
    }

    /// A reader is ready.
    pub fn added(&self, name: &str) {
        self.put(name, true);
    }

    /// A reader is there, and another program holds it.
    pub fn held(&self, name: &str) {
        self.put(name, false);
    }

    fn put(&self, name: &str, ready: bool) {
        let mut view = self.lock();
        view.readers.retain(|reader| reader.name != name);
        view.readers.push(ReaderView {
            name: name.to_owned(),
            ready,
        });
        view.readers.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// A reader is gone.
    pub fn removed(&self, name: &str) {
        self.lock().readers.retain(|reader| reader.name != name);
    }

    fn lock(&self) -> MutexGuard<'_, ReadersView> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
