//! Issuing a card at the desk: the card first, step by step and resumable, then the fact.

use super::card::{causes, failed};
use super::chip::Chip;
use super::flow::Steps;
use super::job::{Job, Work};
use super::outcome::{Durable, Ended, FlowError, JobEnd};
use jiff::civil::Date;
use std::ops::ControlFlow;
use tillside_cards::issue::{IssueOrder, IssueStep};
use tillside_cards::purse::CardDay;
use tillside_core::{CardIdentity, IssueCard, Refusal};
use tillside_drivers::CardSession;

/// Issues the card that lies there, or goes on with it. What was done on it stays done, whatever
/// fails; done again for the same member, it changes nothing.
pub(crate) fn issue(
    steps: &mut impl Steps,
    chip: &Chip,
    session: &mut dyn CardSession,
    job: &Job,
    hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    progress: &mut dyn FnMut(&'static str),
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
        progress(step_words(step));
    };
    let issued = chip.issue(session, &order, &mut step).map_err(failed)?;
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

fn refused(words: &str) -> JobEnd {
    JobEnd::Refused {
        words: words.to_owned(),
        could_take: None,
    }
}

/// What is being done, for who looks on.
fn step_words(step: IssueStep) -> &'static str {
    match step {
        IssueStep::Application => "Room was made on the card. Leave it on the reader.",
        IssueStep::Key(_) => "The keys are being written. Leave the card on the reader.",
        IssueStep::File(_) => "The files are being made. Leave the card on the reader.",
        IssueStep::Member | IssueStep::MemberClosed => {
            "It says whose it is now. Leave the card on the reader."
        }
        _ => "The card is being closed. Leave it on the reader.",
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
