//! Step 6: a card pulled in mid-read; the card reader service killed and restarted.

use super::Play;
use super::opening::{flag, text};
use anyhow::Result;
use tillside_sim::{Fault, FaultSetting};
use tillside_tests::{Listening, Person};

/// The till says so in words, and recovers alone.
pub async fn fail(play: &mut Play) -> Result<()> {
    play.told
        .step("A card is pulled in mid-read; pcscd is killed and restarted");
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let mut events = Listening::to(&api).await?;
    let hands = &play.cast.reader.hands;
    let told = &mut play.told;

    let pulled = FaultSetting {
        fault: Fault::RemoveAt { apdu: 2 },
        once: true,
    };
    hands.set_fault(1, Some(pulled))?;
    hands.tap(1, "ben", true)?;
    let heard = events.next("card_unreadable").await?;
    told.says(
        "pulled in mid-read, the till says",
        &text(&heard.data["message"]),
        "again",
    )?;
    hands.set_fault(1, None)?;
    hands.tap(1, "ben", true)?;
    let heard = events.next("card").await?;
    told.equal(
        "laid down again",
        text(&heard.data["member"]["display_name"]),
        "Ben Novák",
    )?;
    hands.remove(1)?;

    hands.kill_pcscd()?;
    let gone = |up: bool| {
        move |event: &tillside_tests::Heard| {
            event.kind == "readers" && event.data["card_service"]["up"] == up
        }
    };
    let heard = events
        .wait_for("the reader service gone", gone(false))
        .await?;
    let words = text(&heard.data["card_service"]["words"]);
    told.says("pcscd killed, the till says", &words, "reader")?;
    let status = api.get("/v1/status").await?;
    told.equal("service up", flag(&status["card_service"]["up"])?, false)?;

    hands.start_pcscd()?;
    let heard = events
        .wait_for("the reader service back", gone(true))
        .await?;
    told.equal(
        "pcscd back, service up",
        flag(&heard.data["card_service"]["up"])?,
        true,
    )?;
    hands.tap(1, "anna", true)?;
    let heard = events.next("card").await?;
    told.equal(
        "the next card",
        text(&heard.data["member"]["display_name"]),
        "Anna Lindqvist",
    )?;
    hands.remove(1)?;
    Ok(())
}
