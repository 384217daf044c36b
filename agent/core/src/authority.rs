//! Authority to decide without HQ: allowances, the leases behind them, coupon tokens, code filters.
//!
//! **How a quota is never overshot.** HQ ([`Lessor`]) counts a lease in full from the moment it is
//! given. It counts less only on the holder's own word: the holder gave the rest back, or closed it as
//! ended, or never took the lease, or answered a call that HQ made at the lease's end plus the clock
//! bound or later (and so, with both clocks right within the bound, after its last use). **Time alone
//! frees nothing**: a till that was dark when its lease ended may have used all of it, and will say so
//! when it comes back. That word is then accepted, inside the lease's amount, which HQ has kept aside.
//!
//! **The clocks.** [`Terms::clock_bound_s`] is how far each of the two clocks, the till's and HQ's, may be
//! from the true time. A till uses nothing from the end minus the bound on, by its own clock; HQ takes an
//! answer for final from the end plus the bound on, by its own. Past the bound a quota may be overshot
//! by what a till goes on using after such an answer; HQ then sees it ([`LessorFact::Beyond`]).
//!
//! **Disks.** A till that was restored from a backup, and knows, begins a new epoch: it holds nothing,
//! and HQ never gives out again what the lost history may have used. One that does not know (its disk
//! was put back or copied behind its back, and it has not met HQ since) may use each lease it held in
//! the backup once more, until the lease ends, and no more than that.
//!
//! **HQ restored from a backup** no longer knows what it leased and heard since. Before it leases anything it
//! begins a new epoch for every holder ([`Lessor::begin_epoch`]), so that no old word frees anything; what it
//! leased after the backup it cannot count, and that much may be overshot.
//!
//! Pure: bytes, integers, and time as an argument. Keeping facts is left to `tillside-store` and HQ (which
//! must keep a fact before they act on it), carrying them to `tillside-sync`, wiring into verdicts to
//! [`crate::decide`].

mod allowance;
mod codes;
mod fact;
mod holder;
mod lessor;
mod report;
mod risk;
mod seal;
mod split;
mod token;
mod worst_case;

pub use allowance::*;
pub use codes::*;
pub use fact::*;
pub use holder::*;
pub use lessor::*;
pub use report::*;
pub use risk::*;
pub use split::*;
pub use token::*;
pub use worst_case::*;
