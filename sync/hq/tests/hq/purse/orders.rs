//! Three tills and one card, by chance: moved, torn at every point, tapped here and there, given up; and
//! their journals told to HQ in any order and in any pieces. What HQ has booked is what the card did.

use super::card::ModelCard;
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Where a movement is cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tear {
    Whole,
    /// The card did not do it, and nobody knows.
    Lost,
    /// The card did it, and nobody knows.
    AnswerLost,
    /// As `Lost`, and the agent died before it could even say "unknown".
    Dies,
    /// As `AnswerLost`, and the agent died.
    DiesAfter,
    NeverSent,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pay(usize, i64, Tear),
    TopUp(i64, Tear),
    /// Gives the till's newest payment back.
    Void(usize, Tear),
    /// The card is held to a till.
    Tap(usize),
    GiveUp(usize),
    /// A till tells HQ so many records, and hears what HQ settled, or not.
    Tell(usize, usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let tear = prop_oneof![
        3 => Just(Tear::Whole),
        1 => Just(Tear::Lost),
        2 => Just(Tear::AnswerLost),
        1 => Just(Tear::Dies),
        1 => Just(Tear::DiesAfter),
        1 => Just(Tear::NeverSent),
    ];
    let till = || 0..3_usize;
    prop_oneof![
        6 => (till(), 1..=400_i64, tear.clone()).prop_map(|(t, m, tear)| Step::Pay(t, m, tear)),
        2 => (1..=900_i64, tear.clone()).prop_map(|(m, tear)| Step::TopUp(m, tear)),
        2 => (till(), tear).prop_map(|(t, tear)| Step::Void(t, tear)),
        4 => till().prop_map(Step::Tap),
        1 => till().prop_map(Step::GiveUp),
        5 => (till(), 1..6_usize, any::<bool>()).prop_map(|(t, n, hears)| Step::Tell(t, n, hears)),
    ]
}

struct World {
    chain: Chain,
    tills: Vec<Till>,
    card: ModelCard,
    next: u64,
    /// Each till's movements without an end, as it knows them.
    open: Vec<Vec<PurseIntended>>,
    given_up: Vec<PurseTx>,
    /// Each till's payments that it knows to be done, and did not give back.
    paid: Vec<Vec<(PurseIntended, u128)>>,
    /// What each till knows the card as.
    known: Vec<Option<CardSeen>>,
    begun: Vec<PurseIntended>,
}

impl World {
    async fn new(room: usize) -> Self {
        let chain = Chain::new().await;
        let mut card = ModelCard::new(1);
        card.room = room;
        let mut tills = Vec::new();
        for (number, store) in [(1, "S1"), (2, "S2"), (3, "S1")] {
            tills.push(chain.till(store, number).await);
        }
        Self {
            chain,
            tills,
            card,
            next: 1,
            open: vec![Vec::new(); 3],
            given_up: Vec::new(),
            paid: vec![Vec::new(); 3],
            known: vec![None; 3],
            begun: Vec::new(),
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Pay(till, minor, tear) => {
                let sale = u128::from(self.next);
                self.moves(till, pay(sale), minor, tear);
            }
            Step::TopUp(minor, tear) => self.moves(1, top_up(), minor, tear),
            Step::Void(till, tear) => {
                if let Some((paid, sale)) = self.paid[till].last().cloned() {
                    let of = u64::from_be_bytes(*paid.txid.bytes());
                    self.moves(till, void(of, sale), paid.amount.minor(), tear);
                }
            }
            Step::Tap(till) => self.tap(till),
            Step::GiveUp(till) => self.give_up(till),
            Step::Tell(till, count, hears) => self.tell(till, count, hears).await,
        }
    }

    /// What the core lets a till do: nothing beside a movement whose end it does not know.
    fn moves(&mut self, till: usize, action: PurseAction, minor: i64, tear: Tear) {
        self.tap(till);
        let waits = |i: &&PurseIntended| !self.given_up.contains(&i.txid);
        let blocked = self.open[till].iter().find(waits).is_some();
        if blocked || action.takes() && minor > self.card.balance {
            return;
        }
        if let PurseAction::Void { of, .. } = &action {
            if !self.paid[till].iter().any(|(paid, _)| paid.txid == *of) {
                return;
            }
            self.paid[till].retain(|(paid, _)| paid.txid != *of);
        }
        let number = self.next;
        self.next += 1;
        let by = self.tills[till].journal.terminal;
        let intended = self.tills[till].intent(number, &self.card, action, minor);
        self.begun.push(intended.clone());
        self.tills[till].begin(&intended);
        let did = matches!(tear, Tear::Whole | Tear::AnswerLost | Tear::DiesAfter);
        let evidence = did.then(|| self.card.commit(&intended, by));
        match (tear, evidence) {
            (Tear::Whole, Some(evidence)) => self.ended(till, &intended, PurseEnd::Done, evidence),
            (Tear::NeverSent, _) => {
                let why = "card gone".to_owned();
                let evidence = PurseEvidence::NeverSent { why };
                self.ended(till, &intended, PurseEnd::NotDone, evidence);
            }
            (Tear::Lost | Tear::AnswerLost, _) => {
                self.tills[till].unknown(&intended);
                self.open[till].push(intended);
            }
            _ => self.open[till].push(intended),
        }
    }

    fn ended(
        &mut self,
        till: usize,
        intended: &PurseIntended,
        end: PurseEnd,
        evidence: PurseEvidence,
    ) {
        if let PurseEvidence::CommitAnswer { .. } | PurseEvidence::CardAsked { .. } = evidence {
            self.known[till] = Some(self.card.seen());
        }
        self.tills[till].end(intended, end, evidence);
        self.open[till].retain(|open| open.txid != intended.txid);
        let sale = u128::from(u64::from_be_bytes(*intended.txid.bytes()));
        match (&intended.action, end) {
            (PurseAction::Pay { .. }, PurseEnd::Done) => {
                self.paid[till].push((intended.clone(), sale))
            }
            (PurseAction::Void { of, sale }, PurseEnd::NotDone) => {
                // The payment can be given back again.
                let paid = self
                    .begun
                    .iter()
                    .find(|begun| begun.txid == *of)
                    .unwrap()
                    .clone();
                let number = sale.uuid().as_u128() & 0xFFFF;
                self.paid[till].push((paid, number - 1_000));
            }
            _ => {}
        }
    }

    fn tap(&mut self, till: usize) {
        let (seen, log) = (self.card.seen(), self.card.log());
        for intended in self.open[till].clone() {
            if let Recovery::Settled(end) = recover(&intended, &seen, &log) {
                let entry = log.iter().find(|entry| {
                    entry.txid == intended.txid
                        || end == PurseEnd::NotDone && intended.is_next(entry)
                });
                let (seen, entry) = (seen.clone(), entry.cloned());
                self.ended(
                    till,
                    &intended,
                    end,
                    PurseEvidence::CardAsked { seen, entry },
                );
            }
        }
        if self.known[till].as_ref() != Some(&seen) {
            self.tills[till].sight(&self.card);
            self.known[till] = Some(seen);
        }
    }

    fn give_up(&mut self, till: usize) {
        let open = self.open[till].iter();
        let mut open = open.filter(|i| i.action.takes() && !self.given_up.contains(&i.txid));
        if let Some(intended) = open.next().cloned() {
            self.tills[till].give_up(&intended);
            self.given_up.push(intended.txid);
        }
    }

    async fn tell(&mut self, till: usize, count: usize, hears: bool) {
        let outcomes = self.tills[till].tell_some(&self.chain, count).await;
        let all = outcomes.iter().all(|o| *o == Outcome::Accepted);
        assert!(all, "{outcomes:?} {:?}", self.chain.cases().await);
        if !hears {
            return;
        }
        for (txid, end) in self.tills[till].settled(&self.chain).await {
            assert_eq!(
                end == PurseEnd::Done,
                self.card.did(txid),
                "HQ settled {txid} wrongly"
            );
            let open = self.open[till].iter().find(|i| i.txid == txid).cloned();
            if let Some(intended) = open {
                self.ended(till, &intended, end, PurseEvidence::Hq);
            }
        }
    }

    /// Everything is told, in this order, after the card came back to a till, or did not. Then HQ has
    /// what the card did, but for what nobody saw.
    async fn end(&mut self, order: [usize; 3], back: Option<usize>) {
        if let Some(till) = back {
            self.tap(till);
        }
        for till in order {
            self.tell(till, usize::MAX / 2, false).await;
        }
        assert_eq!(self.chain.cases().await, Vec::<String>::new());
        let open = self.chain.store.open_movements(NOON).await.unwrap();
        let open: Vec<PurseTx> = open.into_iter().map(|open| open.txid).collect();
        let mut unseen = Vec::new();
        for intended in &self.begun {
            let txid = intended.txid;
            let before = intended.before.as_ref().unwrap().tmc;
            let did = self.card.did(txid);
            let told = self.chain.told_end(txid);
            assert_eq!(open.contains(&txid), told.is_none());
            match told {
                Some(end) => assert_eq!(end == PurseEnd::Done, did, "{txid}"),
                // It was the card's last, and the card did not come back.
                None if did => unseen.push((txid, self.card.tmc - before)),
                // Nobody used the card since: it did not happen, and only its own till can tell.
                None => assert!(before == self.card.tmc || !unseen.is_empty() || back.is_none()),
            }
        }
        let missing = match unseen.as_slice() {
            [] => 0,
            [(txid, 1)] if back.is_none() => self.effect(*txid),
            _ => panic!("{unseen:?} are lost"),
        };
        assert_eq!(self.chain.on_card(&self.card) + missing, self.card.balance);
        self.chain.holds().await;
        self.check_spent(&unseen);
    }

    fn effect(&self, txid: PurseTx) -> i64 {
        let intended = self.begun.iter().find(|begun| begun.txid == txid).unwrap();
        match intended.action.takes() {
            true => -intended.amount.minor(),
            false => intended.amount.minor(),
        }
    }

    /// Spent and owed, counted again from what the card did.
    fn check_spent(&self, unseen: &[(PurseTx, u32)]) {
        let net = |given_up: bool| -> i64 {
            let seen = |i: &&PurseIntended| !unseen.iter().any(|(txid, _)| *txid == i.txid);
            let did = self
                .begun
                .iter()
                .filter(|i| self.card.did(i.txid))
                .filter(seen);
            let part = |i: &PurseIntended| {
                let of = match &i.action {
                    PurseAction::Pay { .. } => (i.txid, i.amount.minor()),
                    PurseAction::Void { of, .. } => (*of, -i.amount.minor()),
                    _ => return 0,
                };
                if self.given_up.contains(&of.0) == given_up {
                    of.1
                } else {
                    0
                }
            };
            did.map(part).sum()
        };
        let spent = self.chain.spent("S1") + self.chain.spent("S2");
        let holder = tillside_hq::emoney::ledger::Holder::Card(self.card.id.clone());
        let owed = self.chain.balance(&Account::Owed(holder));
        assert_eq!((spent, owed), (net(false), net(true)));
    }
}

impl Chain {
    /// How HQ has it that a movement ended.
    fn told_end(&self, txid: PurseTx) -> Option<PurseEnd> {
        let sql = "SELECT ended FROM purse_movement WHERE txid = ?1";
        let ended: Option<String> = self
            .folder
            .database()
            .query_row(sql, [txid.bytes()], |row| row.get(0))
            .unwrap();
        ended.map(|ended| match ended.as_str() {
            "done" => PurseEnd::Done,
            _ => PurseEnd::NotDone,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn hq_has_booked_what_the_card_did(
        steps in vec(step(), 1..40),
        room in 1..12_usize,
        order in Just([0_usize, 1, 2]).prop_shuffle(),
        back in prop::option::weighted(0.8, 0..3_usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(room).await;
            world.moves(1, top_up(), 5_000, Tear::Whole);
            for step in steps {
                world.step(step).await;
            }
            world.end(order, back).await;
        });
    }
}
