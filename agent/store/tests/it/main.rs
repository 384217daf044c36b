//! The terminal's database, from outside: each story opens a real file, and faults are planted with
//! plain SQL while Tillside does not run.
#![allow(clippy::unwrap_used)]

mod acknowledged;
mod attacks;
mod bundles;
mod caps;
mod card_desk;
mod clock;
mod codes;
mod commits;
mod crash;
mod desk_members;
mod disk_full;
mod emoney;
mod epochs;
mod journal;
mod keeping;
mod looking_up;
mod opening;
mod outbox;
mod purse_crash;
mod purse_rebuilding;
mod purses;
mod rebuilding;
mod reports;
mod risk;
mod shares;
mod shop;
