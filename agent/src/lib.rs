//! The Tillside agent: it sits beside the till, knows the rules HQ pushed, decides on the spot,
//! writes every fact down once, and brings HQ up to date when there is a line.
//!
//! [`Agent::start`] puts it together: the till's thread over the store, the card readers, the line
//! to HQ, and the local API that the screen and a POS use. What is decided is `tillside-core`'s, what
//! is kept `tillside-store`'s, what is sent `tillside-sync`'s.

mod account;
mod agent;
mod api;
mod assembly;
mod barcode;
mod chance;
mod clock;
mod devices;
mod events;
mod folder;
pub mod journal;
mod line;
mod line_board;
mod options;
mod people;
pub mod purse;
mod readers;
mod receipt;
mod server;
mod start_error;
mod till;
mod view;

pub use agent::Agent;
pub use api::Screen;
pub use chance::{NoChance, fresh_key};
pub use clock::WallClock;
pub use folder::{AgentNote, DataFolder, Journal};
pub use line_board::line_words;
pub use options::AgentOptions;
pub use people::{Pin, PinError, PinHashError, PinMemory};
pub use start_error::StartError;
