//! Jobs with cards begin here: looked at before anybody is asked for a card, so that what cannot be
//! done is refused at once, and answered once for each key.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::settle::{left, paid_so_far, unresolved};
use super::{Desk, Holder, TillError};
use crate::account::Accounts;
use crate::chance;
use crate::purse::{Job, JobStage, JobView, Jobs, Source, Work, words};
use tillside_core::{
    CardIdentity, MemberId, Money, Now, PersonId, PurseAction, PurseKind, PurseStage, PurseTx,
    Refusal, SaleId, TenderKind,
};
use tillside_store::PurseRow;

/// What a job is begun with, beside what it does.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// The jobs there may be.
    pub(crate) jobs: Jobs,
    /// Whoever asks HQ to move accounts.
    pub(crate) accounts: Accounts,
    /// Card readers are watched.
    pub(crate) readers: bool,
    /// There are keys for cards.
    pub(crate) keys: bool,
    /// What the account of a phone's holder holds, as far as HQ said so.
    pub(crate) account: Option<i64>,
}

/// What a job will be about, for the screen.
#[derive(Default)]
struct About {
    sale: Option<SaleId>,
    amount: Option<Money>,
    card: Option<CardIdentity>,
}

impl Desk {
    /// Begins a job, unless this was asked before; it waits for its card when this returns.
    ///
    /// # Errors
    /// If another job is running, or it could not be done whatever the card.
    pub(crate) fn begin_job(
        &mut self,
        key: &WriteKey,
        ready: &Ready,
        person: PersonId,
        work: Work,
    ) -> Result<Answer, TillError> {
        if let Some(before) = self.answered(key)? {
            return Ok(before);
        }
        self.profile()?;
        let now = self.now()?;
        let named = self.named_without_card(&work, now)?;
        if !ready.readers && named.is_none() {
            return Err(TillError::ReadersOff);
        }
        let about = self.about(&work, &person, ready.keys || named.is_some(), now)?;
        ready.jobs.free()?;
        let job = Job {
            txid: PurseTx::new(chance::eight()?),
            person,
            work,
        };
        let mut view = JobView::waiting(&job, &words::waiting(job.work.kind(), about.amount));
        view.sale = about.sale;
        view.amount = about.amount;
        view.card_end = about.card.as_ref().map(words::card_end);
        if let Some(named) = named {
            return self.account_without_card(key, ready, job, view, named);
        }
        if let Work::Issue {
            replaces: Some(lost),
            ..
        } = &job.work
        {
            self.block_lost(lost, &job.person)?;
        }
        let answered = view.clone();
        let answer = self.write(key, |_, _| Deed::new(202, &answered, DraftChange::Keep))?;
        ready.jobs.start(job, view);
        Ok(answer)
    }

    /// Whose account is moved without a card: a fresh code of their phone was shown for this sale, or
    /// money goes back to the account that it came from, whoever is there.
    fn named_without_card(
        &mut self,
        work: &Work,
        now: Now,
    ) -> Result<Option<(CardIdentity, MemberId)>, TillError> {
        let paid = match work {
            Work::Void { sale, .. } if self.store.sale(*sale)?.is_some() => {
                self.payment_to_return(*sale)?
            }
            Work::GiveBack { of, .. } => self.store.purse(*of)?,
            _ => None,
        };
        if let Some(paid) = paid {
            let intended = paid.state.intended;
            let account = intended.kind == PurseKind::Account;
            return Ok(intended
                .member
                .filter(|_| account)
                .map(|member| (intended.card, member)));
        }
        match self.proven_by_code(work, now)? {
            Some(member) => Ok(Some((self.card_of(member)?, member))),
            None => Ok(None),
        }
    }

    /// Whose account a payment may be taken from without a card: a fresh code of their phone was
    /// shown for this sale.
    fn proven_by_code(&mut self, work: &Work, now: Now) -> Result<Option<MemberId>, TillError> {
        let Work::Pay {
            sale,
            from: Source::Account,
            ..
        } = work
        else {
            return Ok(None);
        };
        let code = self.draft(*sale)?.code;
        Ok(code.and_then(|code| code.proves(now.at)))
    }

    /// The card that stands for a phone, where a payment takes less if its account holds less.
    ///
    /// # Errors
    /// If the store fails, or there is no such sale.
    pub(crate) fn account_to_look_at(
        &mut self,
        work: &Work,
    ) -> Result<Option<CardIdentity>, TillError> {
        let now = self.now()?;
        match self.proven_by_code(work, now)? {
            Some(member) if work.takes_what_an_account_holds() => self.card_of(member).map(Some),
            _ => Ok(None),
        }
    }

    /// The intent at once, in the name of the account's holder; HQ is asked then. HQ knows accounts by
    /// the cards that name their member, so one of those stands for a phone.
    fn account_without_card(
        &mut self,
        key: &WriteKey,
        ready: &Ready,
        job: Job,
        mut view: JobView,
        (card, member): (CardIdentity, MemberId),
    ) -> Result<Answer, TillError> {
        let holder = Holder {
            card,
            member: Some(member),
            seen: None,
            account: ready.account,
        };
        self.begin_purse(job.txid, &job.work, &job.person, &holder)?;
        view.stage = JobStage::Working;
        view.words = words::ACCOUNT_ASKING.to_owned();
        view.card_end = Some(words::card_end(&holder.card));
        let answered = view.clone();
        ready.jobs.start_working(view);
        ready.accounts.ask();
        self.write(key, |_, _| Deed::new(202, &answered, DraftChange::Keep))
    }

    /// A card of a member's that may be used.
    fn card_of(&self, member: MemberId) -> Result<CardIdentity, TillError> {
        for card in self.store.cards_of_member(&member)? {
            if self.store.card_blocked(&card)?.is_none() {
                return Ok(card);
            }
        }
        Err(TillError::ProofNeeded)
    }

    fn about(
        &mut self,
        work: &Work,
        person: &PersonId,
        proof: bool,
        now: Now,
    ) -> Result<About, TillError> {
        if matches!(work, Work::Read) {
            return Ok(About::default());
        }
        if self.store.purse_scheme().is_none() {
            return Err(Refusal::NoPurse.into());
        }
        if !proof {
            return Err(TillError::NoKeys);
        }
        if work.asks_hq() {
            self.needs_line()?;
        }
        match work {
            Work::Pay { sale, amount, .. } => self.about_payment(*sale, *amount, person, now),
            Work::TopUp { amount, tender, .. } => self.about_top_up(*amount, *tender),
            Work::Void { sale, .. } => self.about_void(*sale),
            Work::GiveBack { of, amount } => self.about_giving_back(*of, *amount),
            Work::Restore => {
                self.needs_top_up_desk()?;
                Ok(About::default())
            }
            Work::Issue { member, replaces } => {
                self.may_issue()?;
                if let Some(lost) = replaces {
                    self.may_replace(*member, lost)?;
                }
                Ok(About::default())
            }
            Work::Read => Ok(About::default()),
        }
    }

    fn about_payment(
        &mut self,
        sale: SaleId,
        amount: Option<Money>,
        person: &PersonId,
        now: Now,
    ) -> Result<About, TillError> {
        let draft = self.draft(sale)?;
        let (state, fixed) = self.fixed(&draft, person, None, now)?;
        if unresolved(&state, sale) {
            let open = state
                .purses
                .values()
                .find(|purse| matches!(purse.stage, PurseStage::Open | PurseStage::Unknown));
            let txid = open.map(|purse| purse.intended.txid);
            let txid = txid.unwrap_or(PurseTx::new([0; 8]));
            return Err(Refusal::PurseUnresolved { txid }.into());
        }
        let due = left(fixed.total, &paid_so_far(&state, &fixed)?)?;
        if due.minor() <= 0 {
            return Err(TillError::NothingDue);
        }
        if let Some(amount) = amount {
            positive(amount)?;
            if amount.currency() == due.currency() && amount.minor() > due.minor() {
                return Err(TillError::MoreThanDue { due });
            }
        }
        self.same_currency(amount.unwrap_or(due))?;
        Ok(About {
            sale: Some(sale),
            amount: Some(amount.unwrap_or(due)),
            card: None,
        })
    }

    fn about_top_up(&mut self, amount: Money, tender: TenderKind) -> Result<About, TillError> {
        self.needs_top_up_desk()?;
        positive(amount)?;
        self.same_currency(amount)?;
        if tender == TenderKind::Purse {
            return Err(Refusal::PurseTender.into());
        }
        Ok(About {
            amount: Some(amount),
            ..About::default()
        })
    }

    fn about_void(&mut self, sale: SaleId) -> Result<About, TillError> {
        let now = self.now()?;
        let recorded = self.store.sale(sale)?.ok_or(TillError::NoSuchSale)?;
        if recorded.voided {
            return Err(Refusal::AlreadyVoided { sale }.into());
        }
        if !recorded.returns.is_empty() {
            return Err(Refusal::GoodsWereReturned { sale }.into());
        }
        if recorded.sale.date != now.date {
            let sold = recorded.sale.date;
            return Err(Refusal::NotSameDay { sold }.into());
        }
        let next = self.next_to_return(sale)?;
        let (card, amount) = next.ok_or(TillError::NothingDue)?;
        Ok(About {
            sale: Some(sale),
            amount: Some(amount),
            card: Some(card),
        })
    }

    fn about_giving_back(
        &mut self,
        of: PurseTx,
        amount: Option<Money>,
    ) -> Result<About, TillError> {
        let row = self.store.purse(of)?;
        let row = row.ok_or(Refusal::PursePaymentUnknown { txid: of })?;
        let intended = &row.state.intended;
        let paid = intended.action.takes()
            && matches!(row.state.stage, PurseStage::Done | PurseStage::Owed);
        if !paid {
            return Err(Refusal::PursePaymentUnknown { txid: of }.into());
        }
        let left = intended
            .amount
            .checked_sub(row.given_back)
            .map_err(Refusal::from)?;
        if left.minor() <= 0 {
            return Err(Refusal::PurseTakenBack.into());
        }
        if let Some(amount) = amount {
            positive(amount)?;
        }
        Ok(About {
            sale: intended.action.sale(),
            amount: Some(amount.unwrap_or(left)),
            card: Some(intended.card.clone()),
        })
    }

    /// The next payment of a recorded sale that its card has not got back: which card, how much.
    pub fn next_to_return(
        &mut self,
        sale: SaleId,
    ) -> Result<Option<(CardIdentity, Money)>, TillError> {
        let paid = self.payment_to_return(sale)?;
        let intended = paid.map(|row| row.state.intended);
        Ok(intended.map(|intended| (intended.card, intended.amount)))
    }

    fn payment_to_return(&mut self, sale: SaleId) -> Result<Option<PurseRow>, TillError> {
        let recorded = self.store.sale(sale)?.ok_or(TillError::NoSuchSale)?;
        let tenders = recorded.sale.tenders.iter();
        for txid in tenders.filter_map(|tender| tender.purse) {
            if let Some(row) = self.store.purse(txid)?
                && row.given_back.minor() < row.state.intended.amount.minor()
            {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Whether cards have to get their money back before a sale can be voided.
    ///
    /// # Errors
    /// If there is no such recorded sale.
    pub fn void_needs_cards(&mut self, sale: SaleId) -> Result<bool, TillError> {
        if self.open_draft(sale)?.is_some() {
            return Err(TillError::StillOpen);
        }
        let recorded = self.store.sale(sale)?.ok_or(TillError::NoSuchSale)?;
        let stands = !recorded.voided && recorded.returns.is_empty();
        Ok(stands && self.next_to_return(sale)?.is_some())
    }

    /// Whether a movement pays for an open sale.
    ///
    /// # Errors
    /// If it does not.
    pub fn pays_open_sale(&mut self, of: PurseTx, sale: SaleId) -> Result<(), TillError> {
        if self.open_draft(sale)?.is_none() {
            return Err(self.not_open(sale)?);
        }
        let row = self.store.purse(of)?;
        let pays = row.is_some_and(|row| row.state.intended.action == (PurseAction::Pay { sale }));
        match pays {
            true => Ok(()),
            false => Err(Refusal::PursePaymentUnknown { txid: of }.into()),
        }
    }

    fn needs_top_up_desk(&self) -> Result<(), TillError> {
        match self.store.desk_rights().top_up {
            true => Ok(()),
            false => Err(Refusal::PurseNoDesk.into()),
        }
    }

    fn same_currency(&self, amount: Money) -> Result<(), TillError> {
        let Some(scheme) = self.store.purse_scheme() else {
            return Err(Refusal::NoPurse.into());
        };
        let (expected, found) = (scheme.currency, amount.currency());
        match expected == found {
            true => Ok(()),
            false => Err(Refusal::PurseCurrency { expected, found }.into()),
        }
    }
}

fn positive(amount: Money) -> Result<(), TillError> {
    match amount.minor() > 0 {
        true => Ok(()),
        false => Err(Refusal::TenderNotPositive { amount }.into()),
    }
}
