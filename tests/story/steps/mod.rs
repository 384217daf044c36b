//! The steps, in order, over one stage: ten of a till without a line, four of a card with money on it,
//! and two of a chain whose stores are alone for thirty days.

mod books;
mod crash;
mod dark;
mod forgery;
mod hardware;
mod new_rules;
mod opening;
mod purse;
mod refusals;
mod reunion;
mod taking_back;
mod thirty_days;
mod torn;

pub use crash::times_recorded;
pub use purse::issue;

use crate::cast::Cast;
use crate::options::Options;
use crate::transcript::Transcript;
use anyhow::Result;
use tillside_tests::Chance;

/// The printed numbers of the members who shop in the story.
pub mod shopper {
    /// Anna Lindqvist, gold, 1240 points, the simulator's card `anna`.
    pub const GOLD: &str = "900000001";
    /// Ben Novák, silver, 385 points, the simulator's card `ben`.
    pub const SILVER: &str = "900000002";
    /// Clara Yılmaz, basic, 60 points: she gets the card with a purse.
    pub const PURSE: &str = "900000003";
    /// Oskar Krüger of S2, basic, 111 points, the simulator's card `classic`.
    pub const AT_S2: &str = "900000004";
}

/// The play, between two steps.
pub struct Play {
    /// Everybody.
    pub cast: Cast,
    /// What is printed.
    pub told: Transcript,
    /// Chance.
    pub chance: Chance,
    /// S1's coupon that step 3 uses.
    pub coupon: String,
}

/// Plays the story, and says where the logs are if it breaks.
pub async fn script(options: &Options) -> Result<()> {
    let told = Transcript::begin("Tillside, the story, on the real programs");
    told.note(format!("seed {} (TILLSIDE_SEED)", options.seed));
    let mut play = opening::assemble(options, told).await?;
    let played = steps(&mut play).await;
    match &played {
        Ok(()) => play.told.end(),
        Err(_) => eprintln!("\nWhat the programs said last:\n{}", play.cast.logs()),
    }
    played
}

async fn steps(play: &mut Play) -> Result<()> {
    opening::cut_the_line(play).await?;
    dark::sell(play).await?;
    refusals::refuse(play).await?;
    crash::crash(play).await?;
    hardware::fail(play).await?;
    taking_back::void(play).await?;
    reunion::meet(play).await?;
    new_rules::follow(play).await?;
    forgery::refuse(play).await?;
    purse::charge(play).await?;
    torn::behind_the_write(play).await?;
    torn::in_front_of_the_write(play).await?;
    books::close(play).await?;
    let dark = thirty_days::alone(play).await?;
    thirty_days::together(play, dark).await
}
