//! Points as lots: what an account has, where each point came from, and which use took it.
//!
//! A [`Ledger`] is one account: a member's, or the master account that several pool into. It is the
//! fold of its [`Movement`]s and of nothing else: [`Ledger::decide`] says which movements a [`LotsCommand`]
//! makes, or refuses; [`Ledger::apply`] takes a movement in and cannot fail. Time comes in as an argument.
//!
//! **Words.** Of what came in, each point is *active* (may be spent), *pending* (its lot's
//! `pending_until` lies ahead), *spent*, *expired* or *returned* (taken back with the goods); further
//! *sent* to another member or *withdrawn* by an adjustment, both of which are uses like spending.
//! *Negative* is what was used and is covered by no lot. For each funder, always, to the last point:
//! `earned + granted + received = active + pending + spent + expired + returned + sent + withdrawn −
//! negative` ([`Balance::adds_up`]).
//!
//! **Which lots a use takes.** Active ones, the earliest expiry first, those that never expire last; of
//! the same expiry the lower [`LotId`] first. A lot may be spent from `pending_until` on, and no more from
//! `expires_at` on. A use of more than is active, less what is negative, is refused, unless the command says who is to
//! fund what no lot covers: a fact that a till already made must be booked, not dropped.
//!
//! **Negative balances.** What no lot covers is *owed* by the use that lacks it. Active points cover it
//! as soon as there are any, and are then spent by that use as if it had been paired with them from the
//! start: the spending moves from the funder that lost it to the funder of the lot that covers it. Lots
//! cover in the order in which they become active, then in the order of spending; pending points cover
//! nothing until they are active. Of several uses the lower id is covered first (a
//! forgotten one before all). So after every decision an account has active points or owes some, never both.
//!
//! **Release** of a use (a void, a lease given back) first forgives what the use still owes, then puts
//! points back into the very lots they came from, in the reverse of the order of spending: what lasts longest comes
//! back first. What has expired meanwhile expires at once, and is not given in another lot instead (an adjustment may do
//! that, with its reason). A transfer cannot be released: the points are somebody else's; send them back.
//!
//! **Partial return.** A lot knows the worth it was earned on ([`Lot::basis`]). When goods worth `v` in
//! all have gone back, `⌊amount · v / basis⌋` points have been taken back in all: rounded down for the
//! member at each return, exact to the last point when all has gone back. What a return takes comes from
//! what is left of the lot (active or pending), then from what of it had expired (which costs the member
//! nothing), then from what was used of it: the use with the highest id loses its cover first, forgotten ones last (of these what
//! was spent, then sent, then withdrawn). What lost its cover is paid by the account's other active points, or is negative. A member who
//! gave points away answers for them; who received them keeps them.
//!
//! **Transfer.** Active points, in the order of spending, become lots of the receiver with the same funder
//! and dates ([`LotKind::Transferred`], which names the lot it was). The sender's movement carries these lots; the receiver's ledger
//! takes them once. They come to the account where that member's lots are now: an account that has handed
//! a member over no longer knows what it took for that member.
//!
//! **Pooling.** A lot belongs to the member who earned it. To join, the member's ledger hands everything
//! of that member over and the master account takes it over; to leave, the same the other way. Lots go
//! with their whole past, so returns and releases go on in the account where a lot is. A use that was paired with lots of
//! several members is parted with them: it is released in each account for its part there. What is owed goes
//! with the member whose lot or use it was. Totals of forgotten lots stay where they are.
//!
//! **Time.** A decision is made at the given time, or at the ledger's newest if that is later: a ledger's
//! time never runs back. Lots become active, cover what is owed and expire in the order of those moments,
//! each when it is due and not when somebody looks: how often [`LotsCommand::Run`] comes changes no balance. A lot that comes in
//! after its `expires_at` has expired.
//!
//! **Bounds.** At most [`LOT_LIMIT`] lots and [`USE_LIMIT`] uses are remembered, and
//! [`crate::POINTS_LIMIT`] points may ever come in. [`LotsCommand::Compact`] forgets uses made before a moment (they cannot be
//! released any more), and lots with nothing left that no remembered use is paired with and nothing touched since (they cannot be returned any more). Sums
//! per funder stay. The moment is the caller's: past the longest time in which goods may come back.
//!
//! Pure. Keeping movements is left to `tillside-store` and HQ, which also sees to it that a record is
//! booked once ([`LotsRefusal::AlreadyBooked`] is what a second one meets while it is remembered); tiers,
//! and how many points a sale gives, to [`crate::engine`].

mod apply;
mod balance;
mod command;
mod decide;
mod ledger;
mod lot;
mod movement;
mod parcel;
mod refusal;

pub use balance::*;
pub use command::*;
pub use ledger::*;
pub use lot::*;
pub use movement::*;
pub use parcel::*;
pub use refusal::*;
