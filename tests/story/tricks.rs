//! Mean things done to a till: killed in the middle of checkouts, again and again.

use crate::ringing::{Ringing, shelf};
use anyhow::{Context, Result, bail};
use std::time::Duration;
use tillside_tests::Chance;
use tillside_tests::{Api, Person, Terminal, signal};

/// What came of many checkouts through crashes.
#[derive(Debug, Default)]
pub struct Survived {
    /// Sales whose checkout was confirmed to the POS, in order.
    pub confirmed: Vec<String>,
    /// How often the agent was killed.
    pub kills: u32,
    /// Checkouts without an answer that turned out to have been recorded.
    pub recorded: u32,
    /// Checkouts without an answer that had not been recorded.
    pub lost: u32,
}

/// Checks out `sales` cups of coffee for a member, while the agent is killed with -9 at `kills` of
/// them, each time some moments after the checkout was sent. What got no answer is sent again with
/// the same key, as a POS does.
pub async fn checkouts_through_kills(
    till: &mut Terminal,
    chance: &mut Chance,
    sales: u32,
    kills: u32,
    member: &str,
) -> Result<Survived> {
    let mut survived = Survived::default();
    let mut api = till.api_for(Person::ANNA).await?;
    let every = sales / (kills + 1);
    for round in 0..sales {
        let ringing = Ringing::with(&api, &[shelf::CUP]).await?;
        ringing.customer(&format!("code:{member}")).await?;
        let sale = ringing.sale.clone();
        let key = format!("crash-{sale}");
        let hit = survived.kills < kills && round > 0 && round % every == 0;
        let answer = if hit {
            survived.kills += 1;
            let id = till.id().context("the agent runs")?;
            let (early, late) = (chance.below(4_000), chance.below(6_000));
            let (answer, killed) = tokio::join!(
                async {
                    precisely(early).await?;
                    ringing.check_out_with(&key).await
                },
                kill_after(id, late)
            );
            killed?;
            answer
        } else {
            ringing.check_out_with(&key).await
        };
        match answer {
            Ok(answer) if answer.status.is_success() => {}
            Ok(answer) => bail!("checkout {round}: {} {}", answer.status, answer.body),
            Err(_) if hit => {}
            Err(error) => return Err(error),
        }
        if hit {
            till.kill()?;
            till.start()?;
            api = till.api_for(Person::ANNA).await?;
            note_what_was_lost(&api, &sale, &mut survived).await?;
            let again = Ringing::resumed(&api, &sale).check_out_with(&key).await?;
            if !again.status.is_success() {
                bail!("the checkout sent again: {} {}", again.status, again.body);
            }
        }
        survived.confirmed.push(sale);
    }
    Ok(survived)
}

/// Looks at a sale before its checkout is sent again.
async fn note_what_was_lost(api: &Api, sale: &str, survived: &mut Survived) -> Result<()> {
    let view = api.get(&format!("/v1/sales/{sale}")).await?;
    match view["state"].as_str() {
        Some("completed") => survived.recorded += 1,
        Some("open") => survived.lost += 1,
        _ => bail!("after the crash, sale {sale} is {}", view["state"]),
    }
    Ok(())
}

/// kill -9, by id, some microseconds later.
async fn kill_after(id: u32, microseconds: u64) -> Result<()> {
    precisely(microseconds).await?;
    signal(id, "KILL")
}

/// Waits, more precisely than the runtime's own timer of a millisecond.
async fn precisely(microseconds: u64) -> Result<()> {
    let wait = Duration::from_micros(microseconds);
    Ok(tokio::task::spawn_blocking(move || std::thread::sleep(wait)).await?)
}
