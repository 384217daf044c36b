//! Issuing a card at the desk: the card first, step by step and resumable, then the fact.

use super::card::{Cards, causes, failed};
use super::chip::Chip;
use super::flow::Steps;
use super::outcome::{Durable, Ended, FlowError, JobEnd};
use super::view::JobProgress;
use super::words;
use super::work::{Job, Work};
use jiff::civil::Date;
use std::ops::ControlFlow;
use tillside_cards::desfire::layout::FILE_TRANSACTION_MAC;
use tillside_cards::issue::{IssueOrder, IssueStep};
use tillside_cards::purse::CardDay;
use tillside_core::{CardIdentity, IssueCard, MemberId, Refusal};
use tillside_drivers::CardSession;

/// Issues the card that lies there, or goes on with it. What was done on it stays done, whatever
/// fails; done again for the same member, it changes nothing.
pub(crate) fn issue(
    steps: &mut impl Steps,
    chip: &Chip,
    session: &mut dyn CardSession,
    job: &Job,
    hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    progress: &mut dyn FnMut(JobProgress, &'static str),
) -> Result<(JobEnd, Option<CardIdentity>), FlowError> {
    let Work::Issue { member, replaces } = job.work.clone() else {
        return Ok((refused("This is not a card to issue."), None));
    };
    let terms = steps.step(|desk| {
        desk.may_issue()?;
        let scheme = desk.purse_scheme().ok_or(Refusal::NoPurse)?;
        Ok((scheme, desk.now()?.date))
    });
    let (scheme, today) = match terms {
        Ok(terms) => terms,
        Err(error) => return Ok((refused(&error.to_string()), None)),
    };
    let days = jiff::Span::new().days(i64::from(scheme.card_days));
    let expires = today.checked_add(days).unwrap_or(Date::MAX);
    let order = IssueOrder {
        member: *member.uuid().as_bytes(),
        issued: card_day(today),
        expires: card_day(expires),
        random_id: false,
    };
    let mut step = |step| {
        tracing::info!(?step, "a card is being issued");
        let (at, words) = step_words(step);
        progress(
            JobProgress {
                step: at,
                of: STEPS,
            },
            words,
        );
    };
    let issued = match chip.issue(session, &order, &mut step) {
        Ok(issued) => issued,
        Err(trouble) => {
            let why = failed(trouble);
            return match whose(steps, chip, session, &why, member) {
                Some((words, card)) => Ok((refused(&words), Some(card))),
                None => Err(why),
            };
        }
    };
    let moment = Durable::AfterIssueBeforeFact;
    if hook(moment).is_break() {
        return Err(FlowError::Ended(Ended(moment)));
    }
    let card = CardIdentity::new(&format!("uid:{}", issued.card.uid));
    let card = card.map_err(|error| FlowError::Refused(causes(&error)))?;
    let fact = IssueCard {
        card: card.clone(),
        member,
        key_version: issued.card.key_version,
        expires: super::chip::day(issued.card.member.expires).unwrap_or(expires),
        replaces,
        cashier: job.person.clone(),
    };
    let kept = steps.step(move |desk| {
        let words = desk.issue_words(&fact, issued.changes)?;
        desk.card_was_issued(fact)?;
        Ok(words)
    });
    let end = match kept {
        Ok(words) => JobEnd::Issued { words },
        Err(error) => refused(&error.to_string()),
    };
    Ok((end, Some(card)))
}

/// A card that was refused for good and is somebody's: whose, by what it proves or by what this store
/// knows. Nothing on it was changed.
fn whose(
    steps: &mut impl Steps,
    chip: &Chip,
    session: &mut dyn CardSession,
    why: &FlowError,
    to_be: MemberId,
) -> Option<(String, CardIdentity)> {
    let FlowError::Refused(refused) = why else {
        return None;
    };
    let reading = chip.read(session).ok()?;
    let (card, proven) = (reading.card.clone(), reading.member);
    let owner = steps.step(move |desk| match proven {
        Some(member) => desk.member_known(member),
        None => desk.owner(&card),
    });
    let owner = owner.ok()?;
    let end = words::card_end(&reading.card);
    let words = match (owner, reading.member) {
        (Some(owner), _) if owner.member == to_be => return None,
        (Some(owner), _) => words::somebodys(&end, Some(&owner.display_name)),
        (None, Some(_)) => words::somebodys(&end, None),
        // Nobody's that is known: at least which card it was.
        (None, None) => refused.clone(),
    };
    Some((words, reading.card))
}

fn refused(words: &str) -> JobEnd {
    JobEnd::Refused {
        words: words.to_owned(),
        could_take: None,
    }
}

/// The steps that people see; the card has some twenty.
const STEPS: u8 = 6;

/// Which step was just done, as people count them, and what they read.
fn step_words(step: IssueStep) -> (u8, &'static str) {
    match step {
        IssueStep::Application => (1, "Room was made on the card. Leave it on the reader."),
        // The last key of all is the one by which tills know the card as ours.
        IssueStep::Key(number) if number == tillside_keys::KeyRole::Spare.number() => {
            (STEPS, "The card is nearly done. Leave it on the reader.")
        }
        IssueStep::Key(_) => (
            2,
            "The keys are being written. Leave the card on the reader.",
        ),
        IssueStep::File(FILE_TRANSACTION_MAC) => {
            (5, "The card is being closed. Leave it on the reader.")
        }
        IssueStep::File(_) => (3, "The files are being made. Leave the card on the reader."),
        IssueStep::Member | IssueStep::MemberClosed => {
            (4, "It says whose it is now. Leave the card on the reader.")
        }
        IssueStep::CardKey => (5, "The card is being closed. Leave it on the reader."),
        _ => (STEPS, "The card is nearly done. Leave it on the reader."),
    }
}

/// A date as a card has it.
fn card_day(date: Date) -> CardDay {
    let first = jiff::civil::date(1970, 1, 1);
    let days = first.until(date).map(|span| span.get_days());
    let days = days.ok().and_then(|days| u16::try_from(days).ok());
    CardDay(days.unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_go_to_the_card_and_back() {
        for date in [
            jiff::civil::date(1970, 1, 1),
            jiff::civil::date(2026, 11, 22),
            jiff::civil::date(2149, 6, 6),
        ] {
            assert_eq!(super::super::chip::day(card_day(date)), Some(date));
        }
    }
}
