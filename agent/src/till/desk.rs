//! What the till's thread has before it: the store, the clock, and whom to tell.

use super::deed::{Deed, DraftChange, WriteKey};
use super::draft::Kept;
use super::leases::Asked;
use super::view::Recorded;
use super::{Draft, PendingVoid, TillError};
use crate::clock::WallClock;
use crate::events::Hub;
use crate::line_board::LineBoard;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tillside_core::{
    Clock, CouponNumber, Event, MemberId, Now, Refusal, SaleId, State, TerminalProfile,
};
use tillside_store::{Answered, Need, OpenSale, RecordedSale, Store, StoreError};
use tillside_sync::Bell;
use tokio::sync::Notify;

/// The till's desk. One thread has it.
pub struct Desk {
    pub(crate) store: Store,
    pub(super) hub: Hub,
    clock: WallClock,
    pub(crate) board: LineBoard,
    pub(super) bell: Arc<Bell>,
    flags: Flags,
    pub(super) asked: Asked,
}

/// What the till's thread and the rest of the agent tell each other without a job.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The newest write found no room on the disk.
    pub disk_full: Arc<AtomicBool>,
    /// HQ says that this computer's clock is wrong.
    pub clock_wrong: Arc<AtomicBool>,
    /// A sale is over, and the next not begun.
    pub sale_over: Arc<Notify>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk over an open store.
    pub fn new(
        store: Store,
        clock: WallClock,
        hub: Hub,
        board: LineBoard,
        bell: Arc<Bell>,
        flags: Flags,
    ) -> Self {
        Self {
            store,
            hub,
            clock,
            board,
            bell,
            flags,
            asked: Asked::default(),
        }
    }

    /// The present, as the store sees it (invariant 9).
    pub(crate) fn now(&self) -> Result<Now, TillError> {
        let now = self.store.now(self.clock.read());
        let clock = match self.flags.clock_wrong.load(Ordering::Relaxed) {
            true => Clock::Suspect,
            false => now.clock,
        };
        Ok(Now { clock, ..now })
    }

    /// What this terminal is.
    ///
    /// # Errors
    /// If it is not enrolled.
    pub(crate) fn profile(&self) -> Result<TerminalProfile, TillError> {
        self.store.profile().cloned().ok_or(TillError::NotEnrolled)
    }

    /// The store's time zone; UTC before enrolment.
    pub(crate) fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone_name()).unwrap_or(TimeZone::UTC)
    }

    /// The name of the store's time zone.
    pub(crate) fn zone_name(&self) -> String {
        let profile = self.store.profile();
        profile.map_or_else(
            || "UTC".to_owned(),
            |profile| profile.profile.time_zone.clone(),
        )
    }

    /// The number the next record will have.
    pub(super) fn next_seq(&self) -> Result<u64, TillError> {
        let head = self.store.head().ok_or(TillError::NotEnrolled)?;
        Ok(head.seq + 1)
    }

    /// What a decision looks at.
    pub(super) fn load(
        &self,
        members: &[MemberId],
        coupons: &[CouponNumber],
        sales: &[SaleId],
    ) -> Result<State, TillError> {
        let need = Need {
            members: members.to_vec(),
            coupons: coupons.to_vec(),
            sales: sales.to_vec(),
            ..Need::default()
        };
        Ok(self.store.load(&need)?)
    }

    /// Keeps a deed: facts, open sale and answer in one transaction.
    pub(super) fn keep(&mut self, key: &WriteKey, deed: &Deed, now: Now) -> Result<(), TillError> {
        let answer = Answered {
            key: key.key.clone(),
            request_hash: key.request,
            status: deed.status,
            response_body: deed.body.clone(),
        };
        self.commit(&deed.events, &deed.draft, Some(&answer), now)
    }

    /// Writes facts and what becomes of the open sale down, in one transaction, and waits until they
    /// are on the disk.
    pub(super) fn commit(
        &mut self,
        events: &[Event],
        draft: &DraftChange,
        answer: Option<&Answered>,
        now: Now,
    ) -> Result<(), TillError> {
        let saved;
        let open = match draft {
            DraftChange::Keep => None,
            DraftChange::Drop(sale) => Some(OpenSale::Drop(*sale)),
            DraftChange::Save(draft) => {
                saved = kept_draft(draft)?;
                Some(OpenSale::Save(&saved))
            }
            DraftChange::SaveVoid(void) => {
                saved = kept_void(void)?;
                Some(OpenSale::Save(&saved))
            }
        };
        let kept = self.store.commit_with(events, now, answer, open);
        self.note_room(&kept);
        kept?;
        if matches!(draft, DraftChange::Drop(_)) {
            self.flags.sale_over.notify_one();
        }
        self.note_served(events);
        if !events.is_empty() {
            self.after_facts(events.len() as u64);
        }
        Ok(())
    }

    fn note_room<T>(&self, written: &Result<T, StoreError>) {
        match written {
            Ok(_) => self.flags.disk_full.store(false, Ordering::Relaxed),
            Err(StoreError::DiskFull { .. }) => self.flags.disk_full.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
    }

    /// Shows that more facts wait, and tells sync.
    pub(super) fn after_facts(&self, facts: u64) {
        self.board.change(|known| known.unconfirmed += facts);
        self.bell.new_fact();
    }

    fn kept(&self, sale: SaleId) -> Result<Option<Kept>, TillError> {
        let kept = self.store.draft(sale)?;
        kept.map(|kept| Kept::from_json(&kept.json)).transpose()
    }

    /// Whether something is kept under that id that is no void: an open sale, readable or not.
    pub(super) fn is_open(&self, sale: SaleId) -> Result<bool, TillError> {
        let kept = self.store.draft(sale)?;
        let kept = kept.map(|kept| Kept::from_json(&kept.json));
        Ok(kept.is_some_and(|kept| !matches!(kept, Ok(Kept::Void(_)))))
    }

    /// The open sale of that id, if it is open.
    pub(super) fn open_draft(&self, sale: SaleId) -> Result<Option<Draft>, TillError> {
        Ok(self.kept(sale)?.and_then(Kept::sale))
    }

    /// The void of a recorded sale that waits for its cards.
    pub(super) fn pending_void(&self, sale: SaleId) -> Result<Option<PendingVoid>, TillError> {
        Ok(self.kept(sale)?.and_then(Kept::void))
    }

    /// The open sale of that id, to change it.
    ///
    /// # Errors
    /// If it is completed or unknown.
    pub(crate) fn draft(&self, sale: SaleId) -> Result<Draft, TillError> {
        match self.open_draft(sale)? {
            Some(draft) => Ok(draft),
            None => Err(self.not_open(sale)?),
        }
    }

    /// Why a sale that was named is not open.
    pub(super) fn not_open(&self, sale: SaleId) -> Result<TillError, TillError> {
        self.profile()?;
        Ok(match self.store.sale(sale)? {
            Some(_) => Refusal::AlreadyCompleted { sale }.into(),
            None => TillError::NoSuchSale,
        })
    }

    /// All open sales, the oldest first.
    pub(super) fn drafts(&self) -> Result<Vec<Draft>, TillError> {
        let drafts = self.store.drafts()?;
        drafts
            .iter()
            .map(|draft| Kept::from_json(&draft.json).map(Kept::sale))
            .filter_map(Result::transpose)
            .collect()
    }

    /// A recorded sale, and what else is known of it.
    pub(super) fn recorded(&self, sale: SaleId) -> Result<(RecordedSale, Recorded), TillError> {
        self.profile()?;
        let found = self.store.recorded(sale)?.ok_or(TillError::NoSuchSale)?;
        let recorded = Recorded {
            voided: found.void.is_some(),
            confirmed: !found.unconfirmed,
            clock: found.clock,
        };
        Ok((found, recorded))
    }

    /// What deciding on a recorded sale needs: the sale, its coupons, its member.
    pub(super) fn recorded_state(&self, sale: SaleId) -> Result<State, TillError> {
        self.profile()?;
        let known = self.store.sale(sale)?.ok_or(TillError::NoSuchSale)?;
        let member = known
            .sale
            .customer
            .as_ref()
            .and_then(|customer| customer.member);
        let coupons = known.sale.coupons.iter();
        let coupons: Vec<CouponNumber> = coupons.map(|coupon| coupon.number.clone()).collect();
        self.load(member.as_slice(), &coupons, &[sale])
    }
}

fn kept_void(void: &PendingVoid) -> Result<tillside_store::Draft, TillError> {
    Ok(tillside_store::Draft {
        sale: void.sale,
        lane: void.lane.clone(),
        json: serde_json::to_string(void).map_err(TillError::Unwritable)?,
    })
}

fn kept_draft(draft: &Draft) -> Result<tillside_store::Draft, TillError> {
    Ok(tillside_store::Draft {
        sale: draft.sale,
        lane: draft.lane.clone(),
        json: draft.to_json()?,
    })
}
