//! The client against servers that do what the real HQ never does: other CAs, cut answers, forged
//! bundles. What the real HQ does is tested in `tests/sync`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bundles;
mod calls;
mod enrolment;
mod papers;
mod repository;
mod seams;
mod server;
mod till;
