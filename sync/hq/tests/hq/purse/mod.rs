//! E-money at HQ: cards with real MACs, tills' journals, and what HQ makes of them.

mod accounts;
mod card;
mod card_keys;
mod cards;
mod keys;
mod lots;
mod many;
mod orders;
mod program;
mod proofs;
mod story;
mod tenders;
mod unknowns;

use crate::fixture::{Folder, fill, member, terminal};
use crate::journal::{Journal, NOON, eur, uuid};
use card::{ModelCard, TestVault};
use std::sync::Arc;
use tillside_core::*;
use tillside_hq::emoney::ledger::Account;
use tillside_hq::emoney::{EmoneyStore, Keyring, Scheme};
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::Outcome;

/// A day, in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) fn scheme() -> PurseScheme {
    PurseScheme {
        application: "F484E0".to_owned(),
        system: "test chain".to_owned(),
        currency: Currency::EUR,
        cap: eur(15_000),
        key_version: 1,
        log_entries: 10,
        card_days: 1_826,
        replacement_wait_hours: 72,
    }
}

pub(crate) fn txid(number: u64) -> PurseTx {
    PurseTx::new(number.to_be_bytes())
}

pub(crate) fn card_id(number: u8) -> CardIdentity {
    CardIdentity::new(&format!("uid:04A0B0C0D0E0{number:02X}")).unwrap()
}

pub(crate) fn day() -> jiff::civil::Date {
    jiff::civil::date(2026, 5, 28)
}

/// A chain with e-money: S1 takes payments, S2 is a top-up and issue desk.
pub(crate) struct Chain {
    pub(crate) folder: Folder,
    pub(crate) store: SqliteStore,
}

impl Chain {
    pub(crate) async fn new() -> Self {
        let folder = Folder::empty();
        fill(&folder.store).await;
        let keyring = Keyring::holding(Arc::new(TestVault));
        let store = folder.store.clone().with_keyring(Arc::new(keyring));
        let founded = Scheme {
            scheme: scheme(),
            funder: FunderId::new("chain").unwrap(),
            timeout_days: 30,
        };
        store.found_emoney(founded, NOON).await.unwrap();
        let desk = DeskRights {
            top_up: true,
            issue: true,
        };
        store
            .set_desk(StoreId::new("S2").unwrap(), desk)
            .await
            .unwrap();
        Self { folder, store }
    }

    pub(crate) async fn till(&self, store: &str, number: u128) -> Till {
        Till {
            journal: terminal(&self.store, store, number).await,
            told: 0,
        }
    }

    /// The running balance of an account.
    pub(crate) fn balance(&self, account: &Account) -> i64 {
        let sql = "SELECT coalesce(max(minor), 0) FROM emoney_account WHERE name = ?1";
        let database = self.folder.database();
        let mut find = database.prepare(sql).unwrap();
        let of = |name: String| find.query_row([name], |row| row.get(0)).unwrap();
        std::iter::once(account.to_string()).map(of).next().unwrap()
    }

    pub(crate) fn on_card(&self, card: &ModelCard) -> i64 {
        self.balance(&Account::OnCard(card.id.clone()))
    }

    pub(crate) fn spent(&self, store: &str) -> i64 {
        self.balance(&Account::Spent(StoreId::new(store).unwrap()))
    }

    /// The kinds of open cases, oldest first.
    pub(crate) async fn cases(&self) -> Vec<String> {
        use tillside_hq::cases::CaseStore;
        let cases = self.store.cases(false).await.unwrap();
        cases.into_iter().map(|case| case.kind).collect()
    }

    pub(crate) async fn holds(&self) {
        let check = self.store.check_emoney().await.unwrap();
        assert!(check.holds(), "{check:?}");
    }
}

/// A till: what it writes down, and how much of that it has told.
pub(crate) struct Till {
    pub(crate) journal: Journal,
    pub(crate) told: usize,
}

impl Till {
    /// What it writes down before it touches a card.
    pub(crate) fn intent(
        &self,
        number: u64,
        card: &ModelCard,
        action: PurseAction,
        minor: i64,
    ) -> PurseIntended {
        PurseIntended {
            txid: txid(number),
            kind: PurseKind::OnCard,
            action,
            card: card.id.clone(),
            member: Some(member(101)),
            lane: LaneId::new("1").unwrap(),
            cashier: PersonId::new("anna").unwrap(),
            at: NOON,
            date: day(),
            amount: eur(minor),
            before: Some(card.seen()),
        }
    }

    pub(crate) fn note(&mut self, event: Event) {
        self.journal.append(event);
    }

    pub(crate) fn begin(&mut self, intended: &PurseIntended) {
        self.note(Event::PurseIntended(Box::new(intended.clone())));
    }

    pub(crate) fn end(&mut self, intended: &PurseIntended, end: PurseEnd, evidence: PurseEvidence) {
        self.note(Event::PurseEnded(Box::new(PurseEnded {
            txid: intended.txid,
            card: intended.card.clone(),
            end,
            amount: intended.amount,
            evidence,
            date: day(),
        })));
    }

    pub(crate) fn unknown(&mut self, intended: &PurseIntended) {
        self.note(Event::PurseUnknown(PurseUnknown {
            txid: intended.txid,
            card: intended.card.clone(),
            why: "no answer".to_owned(),
            date: day(),
        }));
    }

    pub(crate) fn give_up(&mut self, intended: &PurseIntended) {
        self.note(Event::PurseGivenUp(PurseGivenUp {
            txid: intended.txid,
            card: intended.card.clone(),
            cashier: PersonId::new("anna").unwrap(),
            approved_by: PersonId::new("maria").unwrap(),
            reason: "the shopper left".to_owned(),
            date: day(),
        }));
    }

    pub(crate) fn sight(&mut self, card: &ModelCard) {
        self.note(Event::PurseSighted(Box::new(PurseSighted {
            card: card.id.clone(),
            seen: card.seen(),
            log: card.log(),
            at: NOON,
        })));
    }

    /// A whole movement: begun, committed by the card, ended.
    pub(crate) fn moves(
        &mut self,
        number: u64,
        card: &mut ModelCard,
        action: PurseAction,
        minor: i64,
    ) -> PurseIntended {
        let intended = self.intent(number, card, action, minor);
        self.begin(&intended);
        let evidence = card.commit(&intended, self.journal.terminal);
        self.end(&intended, PurseEnd::Done, evidence);
        intended
    }

    /// Sends what it has not told, and says what became of it.
    pub(crate) async fn tell(&mut self, chain: &Chain) -> Vec<Outcome> {
        let count = self.journal.records.len() - self.told;
        self.tell_some(chain, count).await
    }

    /// Sends so many records.
    pub(crate) async fn tell_some(&mut self, chain: &Chain, count: usize) -> Vec<Outcome> {
        let to = (self.told + count).min(self.journal.records.len());
        let records = &self.journal.records[self.told..to];
        let response = self.journal.push(&chain.store, records).await;
        self.told = to;
        crate::journal::outcomes(&response)
    }

    /// Sends everything, and all of it is booked.
    pub(crate) async fn told(&mut self, chain: &Chain) {
        let outcomes = self.tell(chain).await;
        let all = outcomes.iter().all(|o| *o == Outcome::Accepted);
        assert!(all, "{outcomes:?} {:?}", chain.cases().await);
    }

    /// Sends everything; the last record is a case of this kind.
    pub(crate) async fn quarantined(&mut self, chain: &Chain, kind: &str) {
        let outcomes = self.tell(chain).await;
        let last = outcomes.last().unwrap();
        assert!(matches!(last, Outcome::Quarantined { .. }), "{outcomes:?}");
        assert_eq!(chain.cases().await.last().unwrap(), kind);
    }

    pub(crate) async fn settled(&self, chain: &Chain) -> Vec<(PurseTx, PurseEnd)> {
        let terminal = self.journal.terminal;
        let settled = chain.store.settlements(terminal).await.unwrap();
        settled.into_iter().map(|s| (s.txid, s.end)).collect()
    }
}

pub(crate) fn pay(sale: u128) -> PurseAction {
    PurseAction::Pay {
        sale: SaleId::new(uuid(1_000 + sale)),
    }
}

pub(crate) const fn top_up() -> PurseAction {
    PurseAction::TopUp {
        tender: TenderKind::Cash,
    }
}

pub(crate) fn void(of: u64, sale: u128) -> PurseAction {
    PurseAction::Void {
        of: txid(of),
        sale: SaleId::new(uuid(1_000 + sale)),
    }
}
