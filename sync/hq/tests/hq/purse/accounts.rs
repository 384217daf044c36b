//! Account purses: HQ moves them, once, and its answer never changes.

use super::*;
use tillside_hq::emoney::accounts::AccountError;
use tillside_protocol::{AccountAnswer, AccountRequest};

struct Desk {
    chain: Chain,
    s1: Till,
    s2: Till,
}

/// Ada's card.
fn ada() -> CardIdentity {
    CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap()
}

impl Desk {
    /// Ada's account holds 50.00.
    async fn new() -> Self {
        let chain = Chain::new().await;
        let desk = Self {
            s1: chain.till("S1", 1).await,
            s2: chain.till("S2", 2).await,
            chain,
        };
        let topped = desk.ask(&desk.s2, &request(1, top_up(), 5_000, "S2")).await;
        assert_eq!(topped, moved(5_000));
        desk
    }

    async fn try_ask(
        &self,
        till: &Till,
        request: &AccountRequest,
    ) -> Result<AccountAnswer, AccountError> {
        let terminal = till.journal.terminal;
        let answer = self
            .chain
            .store
            .move_account(terminal, request.clone(), NOON);
        answer.await.unwrap()
    }

    async fn ask(&self, till: &Till, request: &AccountRequest) -> AccountAnswer {
        self.try_ask(till, request).await.unwrap()
    }

    async fn refused(&self, till: &Till, request: &AccountRequest) -> String {
        match self.ask(till, request).await {
            AccountAnswer::Refused { why } => why,
            other => panic!("{other:?}"),
        }
    }

    fn balance(&self) -> i64 {
        self.chain.balance(&Account::Member(member(101)))
    }
}

fn request(number: u64, action: PurseAction, minor: i64, store: &str) -> AccountRequest {
    AccountRequest {
        txid: txid(number),
        action,
        card: ada(),
        member: member(101),
        amount: eur(minor),
        store: StoreId::new(store).unwrap(),
    }
}

fn moved(after: i64) -> AccountAnswer {
    AccountAnswer::Moved { after: eur(after) }
}

/// What a till writes down before it asks.
fn intent(till: &Till, request: &AccountRequest) -> PurseIntended {
    let card = card::ModelCard::new(1);
    PurseIntended {
        txid: request.txid,
        kind: PurseKind::Account,
        card: request.card.clone(),
        before: None,
        ..till.intent(0, &card, request.action.clone(), request.amount.minor())
    }
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_and_moves_once() {
    let desk = Desk::new().await;
    let payment = request(2, pay(2), 1_200, "S1");
    for _ in 0..3 {
        assert_eq!(desk.ask(&desk.s1, &payment).await, moved(3_800));
    }
    assert_eq!((desk.balance(), desk.chain.spent("S1")), (3_800, 1_200));
    let other = AccountRequest {
        amount: eur(1),
        ..payment
    };
    let error = desk.try_ask(&desk.s1, &other).await.unwrap_err();
    assert_eq!(error, AccountError::OtherContents(txid(2)));
    let too_much = request(3, pay(3), 3_801, "S1");
    let why = desk.refused(&desk.s1, &too_much).await;
    assert!(why.contains("38.00"), "{why}");
    desk.ask(&desk.s2, &request(4, top_up(), 5_000, "S2")).await;
    assert_eq!(desk.refused(&desk.s1, &too_much).await, why, "for ever");
    desk.chain.holds().await;
}

#[tokio::test]
async fn the_journal_confirms_and_moves_nothing() {
    let mut desk = Desk::new().await;
    // The call came before the journal.
    let first = request(2, pay(2), 1_000, "S1");
    assert_eq!(desk.ask(&desk.s1, &first).await, moved(4_000));
    assert!(
        desk.s1.settled(&desk.chain).await.is_empty(),
        "its intent is not told yet"
    );
    let intended = intent(&desk.s1, &first);
    desk.s1.begin(&intended);
    desk.s1.told(&desk.chain).await;
    // The answer was lost: HQ tells it.
    assert_eq!(
        desk.s1.settled(&desk.chain).await,
        [(txid(2), PurseEnd::Done)]
    );
    desk.s1.end(
        &intended,
        PurseEnd::Done,
        PurseEvidence::AccountMoved { after: 4_000 },
    );
    desk.s1.told(&desk.chain).await;
    assert!(desk.s1.settled(&desk.chain).await.is_empty());

    // The journal came before the call: HQ concludes nothing from silence, and the retry moves it.
    let second = request(3, pay(3), 500, "S1");
    let intended = intent(&desk.s1, &second);
    desk.s1.begin(&intended);
    desk.s1.unknown(&intended);
    desk.s1.told(&desk.chain).await;
    assert!(desk.s1.settled(&desk.chain).await.is_empty());
    assert_eq!(desk.ask(&desk.s1, &second).await, moved(3_500));
    assert_eq!(
        desk.s1.settled(&desk.chain).await,
        [(txid(3), PurseEnd::Done)]
    );
    desk.s1.end(&intended, PurseEnd::Done, PurseEvidence::Hq);
    desk.s1.told(&desk.chain).await;

    // A refusal, told.
    let third = request(4, pay(4), 9_000, "S1");
    let why = desk.refused(&desk.s1, &third).await;
    let intended = intent(&desk.s1, &third);
    desk.s1.begin(&intended);
    desk.s1.end(
        &intended,
        PurseEnd::NotDone,
        PurseEvidence::AccountRefused { why },
    );
    desk.s1.told(&desk.chain).await;
    assert_eq!(desk.balance(), 3_500);
    assert!(desk.chain.cases().await.is_empty());

    // A till that says HQ moved what it did not.
    let fourth = request(5, pay(5), 100, "S1");
    let intended = intent(&desk.s1, &fourth);
    desk.s1.begin(&intended);
    desk.s1.end(
        &intended,
        PurseEnd::Done,
        PurseEvidence::AccountMoved { after: 3_400 },
    );
    desk.s1.quarantined(&desk.chain, "account_not_moved").await;
    assert_eq!(desk.balance(), 3_500);
    desk.chain.holds().await;
}

#[tokio::test]
async fn what_a_till_ended_is_not_moved_by_a_late_request() {
    let mut desk = Desk::new().await;
    let late = request(2, pay(2), 100, "S1");
    let intended = intent(&desk.s1, &late);
    desk.s1.begin(&intended);
    let why = "no line".to_owned();
    desk.s1.end(
        &intended,
        PurseEnd::NotDone,
        PurseEvidence::NeverSent { why },
    );
    desk.s1.told(&desk.chain).await;
    desk.refused(&desk.s1, &late).await;
    assert_eq!(desk.balance(), 5_000);
    // And what another till began is not this one's to ask for.
    let foreign = request(3, pay(3), 100, "S1");
    let intended = intent(&desk.s1, &foreign);
    desk.s1.begin(&intended);
    desk.s1.told(&desk.chain).await;
    let asked = AccountRequest {
        store: StoreId::new("S2").unwrap(),
        ..foreign
    };
    let error = desk.try_ask(&desk.s2, &asked).await.unwrap_err();
    assert_eq!(error, AccountError::OtherContents(txid(3)));
    desk.chain.holds().await;
}

#[tokio::test]
async fn money_is_given_back_for_what_was_paid_and_no_more() {
    let desk = Desk::new().await;
    desk.ask(&desk.s2, &request(2, pay(2), 1_000, "S2")).await;
    desk.ask(&desk.s1, &request(3, pay(3), 200, "S1")).await;
    let refund =
        |number, of, minor| request(number, PurseAction::Refund { of: txid(of) }, minor, "S2");
    assert_eq!(desk.ask(&desk.s2, &refund(4, 2, 600)).await, moved(4_400));
    desk.refused(&desk.s2, &refund(5, 2, 401)).await;
    assert_eq!(desk.ask(&desk.s2, &refund(6, 2, 400)).await, moved(4_800));
    desk.refused(&desk.s2, &refund(7, 2, 1)).await;
    desk.refused(&desk.s2, &refund(8, 3, 1)).await;
    desk.refused(&desk.s2, &refund(9, 1, 1)).await;
    desk.refused(&desk.s2, &refund(10, 99, 1)).await;
    // A void is of the whole payment, at the till that took it.
    desk.refused(&desk.s1, &request(11, void(3, 3), 100, "S1"))
        .await;
    assert_eq!(
        desk.ask(&desk.s1, &request(12, void(3, 3), 200, "S1"))
            .await,
        moved(5_000)
    );
    desk.refused(&desk.s1, &request(13, void(3, 3), 200, "S1"))
        .await;
    assert_eq!((desk.chain.spent("S1"), desk.chain.spent("S2")), (0, 0));
    desk.chain.holds().await;
}

#[tokio::test]
async fn every_no_is_in_words() {
    let desk = Desk::new().await;
    let chain = &desk.chain;
    let mut said = Vec::new();
    let mut no = async |request: AccountRequest, till: &Till| {
        said.push(desk.refused(till, &request).await);
    };
    no(
        AccountRequest {
            member: member(102),
            ..request(12, pay(9), 1, "S1")
        },
        &desk.s1,
    )
    .await;
    no(
        AccountRequest {
            card: card_id(7),
            ..request(13, pay(9), 1, "S1")
        },
        &desk.s1,
    )
    .await;
    no(request(14, top_up(), 1, "S1"), &desk.s1).await;
    no(request(15, top_up(), 10_001, "S2"), &desk.s2).await;
    no(
        request(16, PurseAction::Restore { from: ada() }, 1, "S2"),
        &desk.s2,
    )
    .await;
    no(
        request(17, PurseAction::Refund { of: txid(1) }, 1, "S1"),
        &desk.s1,
    )
    .await;
    let why = || Some("Call HQ.".to_owned());
    let number = || "900000001".to_owned();
    assert!(
        chain
            .store
            .freeze_account(number(), why(), NOON)
            .await
            .unwrap()
    );
    assert!(
        !chain
            .store
            .freeze_account(number(), why(), NOON)
            .await
            .unwrap()
    );
    no(request(18, pay(9), 1, "S1"), &desk.s1).await;
    let standing = chain.store.account_standing(ada()).await.unwrap();
    assert_eq!((standing.balance, standing.frozen), (eur(5_000), why()));
    assert!(
        chain
            .store
            .freeze_account(number(), None, NOON)
            .await
            .unwrap()
    );
    let kind = tillside_hq::emoney::cards::BlockKind::Lost;
    let words = kind.words().to_owned();
    chain
        .store
        .block_card(ada(), kind, words, NOON)
        .await
        .unwrap();
    no(request(19, pay(9), 1, "S1"), &desk.s1).await;
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(desk.balance(), 5_000);
    assert!(chain.store.account_standing(card_id(7)).await.is_err());
    let other = desk.try_ask(&desk.s1, &request(20, pay(9), 1, "S2")).await;
    assert!(matches!(other, Err(AccountError::OtherStore { .. })));
    let yen = Money::new(5, Currency::new("JPY").unwrap()).unwrap();
    for amount in [yen, eur(0), eur(-5)] {
        let nonsense = AccountRequest {
            amount,
            ..request(21, top_up(), 1, "S1")
        };
        let error = desk.try_ask(&desk.s1, &nonsense).await.unwrap_err();
        assert_eq!(error, AccountError::Amount(amount));
    }
}
