//! What can happen to two tills and one card, drawn by chance.

use proptest::prelude::*;

/// Where a movement is cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tear {
    /// Nowhere.
    Whole,
    /// The agent dies after the intent; the card heard nothing.
    DiesBefore,
    /// The card is gone before the commit was sent, and the till knows that.
    NeverSent,
    /// The commit was sent; the card did not do it.
    Lost,
    /// The card did it; its answer was lost.
    AnswerLost,
    /// The card did it, and the agent died before it wrote that down.
    DiesAfter,
}

#[derive(Clone, Debug)]
pub enum Step {
    Pay {
        till: usize,
        minor: i64,
        tear: Tear,
    },
    TopUp {
        till: usize,
        minor: i64,
        tear: Tear,
    },
    Void {
        till: usize,
        nth: usize,
        tear: Tear,
    },
    Refund {
        till: usize,
        nth: usize,
        minor: i64,
        tear: Tear,
    },
    /// The card is held to a till, which settles what it can; with its log, or with LAST alone.
    Tap {
        till: usize,
        log: bool,
    },
    /// HQ settles what a till does not know, from what the card really did.
    Hq {
        till: usize,
    },
    GiveUp {
        till: usize,
    },
    /// The open sale is paid to its end in cash.
    Finish {
        till: usize,
    },
    VoidSale {
        till: usize,
        nth: usize,
    },
    NextDay,
}

pub fn tear() -> impl Strategy<Value = Tear> {
    prop_oneof![
        4 => Just(Tear::Whole),
        1 => Just(Tear::DiesBefore),
        1 => Just(Tear::NeverSent),
        2 => Just(Tear::Lost),
        2 => Just(Tear::AnswerLost),
        1 => Just(Tear::DiesAfter),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let till = || 0..2usize;
    prop_oneof![
        8 => (till(), 1..=400i64, tear()).prop_map(|(till, minor, tear)| Step::Pay { till, minor, tear }),
        3 => (till(), 1..=400i64, tear()).prop_map(|(till, minor, tear)| Step::TopUp { till, minor, tear }),
        4 => (till(), 0..6usize, tear()).prop_map(|(till, nth, tear)| Step::Void { till, nth, tear }),
        2 => (till(), 0..6usize, 1..=200i64, tear())
            .prop_map(|(till, nth, minor, tear)| Step::Refund { till, nth, minor, tear }),
        6 => (till(), any::<bool>()).prop_map(|(till, log)| Step::Tap { till, log }),
        1 => till().prop_map(|till| Step::Hq { till }),
        1 => till().prop_map(|till| Step::GiveUp { till }),
        3 => till().prop_map(|till| Step::Finish { till }),
        2 => (till(), 0..6usize).prop_map(|(till, nth)| Step::VoidSale { till, nth }),
        1 => Just(Step::NextDay),
    ]
}
