//! The desk that issues cards, at the till's screen: a card for a member, torn half-way and finished; a card
//! that is somebody's; a lost card, replaced; and its balance, put on the new one when HQ releases it.

use crate::browser;
use crate::counter::{CARD, Counter, STICKER};
use crate::display::Display;
use crate::page::{ENTER, ESCAPE, F2, F3, F4, F10, F12, Page};
use crate::play::sign_in;
use crate::stage::alone;
use crate::tauri_window;
use anyhow::{Result, ensure};
use tillside_tests::Person;

/// The card that stands in for the lost one.
const NEW: (&str, &str) = ("desfire-ev3:04112233445566", "5566");
/// Somewhere in the middle of some sixty commands.
const HALF_WAY: u32 = 30;

/// A desk's day in a browser, with the keyboard alone.
#[tokio::test]
async fn cards_are_issued_and_replaced() -> Result<()> {
    let _alone = alone().await;
    let mut counter = Counter::set()?;
    let api = counter.start().await?;
    let session = browser::open(counter.folder.path(), "1280,900", false).await?;
    let page = Page::new(session, "desk")?;
    page.session.go(&api.browser_address()).await?;
    sign_in(&page, Person::ANNA).await?;
    page.watch().await?;
    issued(&page, &counter).await?;
    somebodys(&page, &counter).await?;
    replaced(&page, &counter).await?;
    waiting(&page).await?;
    page.went_well().await?;
    let api = counter
        .release("uid:04F1A2B3C4D5E6", "uid:04112233445566", 2000)
        .await?;
    page.session.go(&api.browser_address()).await?;
    sign_in(&page, Person::MARA).await?;
    page.watch().await?;
    carried_over(&page, &counter).await?;
    page.went_well().await?;
    page.session.close().await
}

/// The same in the real window, as far as it differs: keys, focus, and the pictures.
#[tokio::test]
async fn the_window_issues_cards() -> Result<()> {
    let _alone = alone().await;
    let counter = Counter::set()?;
    let display = Display::start(counter.folder.path())?;
    let (folder, data) = (counter.folder.path(), counter.till.folder());
    let session = tauri_window::open(&display, folder, data, Some(counter.reader.socket())).await?;
    let page = Page::new(session, "desk-window")?;
    counter.ready().await?;
    sign_in(&page, Person::ANNA).await?;
    page.watch().await?;
    issued(&page, &counter).await?;
    replaced(&page, &counter).await?;
    page.went_well().await?;
    page.session.close().await
}

/// From the cards' dialog to a member, by name.
async fn finds(page: &Page, key: char, name: &str) -> Result<()> {
    page.key(F12).await?;
    page.sees("dialog", "Hold the card on the reader").await?;
    page.key(key).await?;
    page.sees("dialog label", "card").await?;
    page.types(name).await?;
    Ok(())
}

/// A manager allows it.
async fn allows(page: &Page) -> Result<()> {
    page.sees("dialog", "A manager allows it").await?;
    page.types(Person::MARA.pin).await?;
    page.key(ENTER).await
}

/// A card for Clara, taken away half-way, and finished; money is put on it at once.
async fn issued(page: &Page, counter: &Counter) -> Result<()> {
    page.key(F12).await?;
    page.sees("dialog", "Issue a new card").await?;
    page.looks("ways").await?;
    page.key(F2).await?;
    page.sees("label", "Who gets the card?").await?;
    page.types("nobody").await?;
    page.sees("dialog", "Nobody known here fits").await?;
    page.looks("nobody").await?;
    page.asks("document.activeElement.select(); return 0")
        .await?;
    page.types("weiss").await?;
    page.sees("dialog button", "Clara Weiss").await?;
    page.sees("dialog button", "Dora Weissenfels").await?;
    page.looks("found").await?;
    page.types(" cl").await?;
    page.sees("dialog button", "Clara Weiss").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "blank card").await?;
    page.looks("for-clara").await?;
    allows(page).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    page.looks("hold").await?;
    counter.tear_at(HALF_WAY, false)?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "taken away too soon").await?;
    page.sees("dialog", "Stopped at").await?;
    page.looks("torn").await?;
    // Whoever gives up now hears what state the card is in.
    page.key(ESCAPE).await?;
    page.sees("dialog", "The card is not finished").await?;
    page.looks("left").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "is Clara Weiss's now").await?;
    page.looks("issued").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Put money on a card").await?;
    page.press("€20.00").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "It holds €20.00 now").await?;
    page.key(ENTER).await?;
    counter.away()
}

/// A card that is somebody's says whose, and nothing happens to it; nor is a sticker issued.
async fn somebodys(page: &Page, counter: &Counter) -> Result<()> {
    finds(page, F2, "dora").await?;
    page.sees("dialog button", "Dora Weissenfels").await?;
    page.key(ENTER).await?;
    allows(page).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "The card ending in D5E6 is Clara Weiss's already")
        .await?;
    ensure!(
        !page.says("dialog button", "Put money on it").await?,
        "nothing is offered for somebody else's card"
    );
    page.looks("somebodys").await?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    counter.tap(STICKER)?;
    page.sees("dialog", "This kind of card cannot be issued")
        .await?;
    page.key(ESCAPE).await?;
    counter.away()
}

/// Clara lost her card: what that means, and a new one.
async fn replaced(page: &Page, counter: &Counter) -> Result<()> {
    finds(page, F3, "clara").await?;
    page.sees("dialog button", "Clara Weiss").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Which card is lost?").await?;
    page.sees("dialog button", "€20.00 on it when last seen here")
        .await?;
    page.looks("which").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Card ending in D5E6 is blocked")
        .await?;
    page.sees("dialog", "72 hours").await?;
    page.sees("dialog", "This cannot be undone").await?;
    page.looks("means").await?;
    allows(page).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    page.key(ESCAPE).await?;
    page.sees("dialog", "The lost card stays blocked").await?;
    page.looks("cancelled").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    // The lost card itself is no replacement.
    counter.tap(CARD.0)?;
    page.sees("dialog", "A card cannot replace itself").await?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("dialog", "Lay the new card on the reader")
        .await?;
    counter.tap(NEW.0)?;
    page.sees("dialog", "is Clara Weiss's now").await?;
    counter.away()?;
    page.key(ESCAPE).await?;
    page.sees("section", "Scan the first item").await?;
    // It is blocked here already.
    page.key(F12).await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "May not be used").await?;
    page.sees("dialog", "reported lost").await?;
    page.looks("old-card").await?;
    counter.away()?;
    page.key(ESCAPE).await?;
    // And it cannot be lost twice.
    finds(page, F3, "clara").await?;
    page.sees("dialog button", "Clara Weiss").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "replaced by card ending in 5566")
        .await?;
    ensure!(
        !page.says("dialog button", "D5E6").await?,
        "a replaced card cannot be chosen"
    );
    page.looks("replaced-already").await?;
    page.key(ESCAPE).await
}

/// Its balance waits, and the screen says until when.
async fn waiting(page: &Page) -> Result<()> {
    page.key(F12).await?;
    page.sees("dialog", "Hold the card on the reader").await?;
    page.key(F4).await?;
    page.sees("dialog button", "Clara Weiss").await?;
    page.sees("dialog button", "Not before").await?;
    page.looks("waiting-list").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Not before").await?;
    page.looks("waiting").await?;
    page.key(ENTER).await?;
    page.press("Sign out").await?;
    sign_in(page, Person::MARA).await?;
    page.key(F10).await?;
    page.press("Replaced cards").await?;
    page.sees("td", "Clara Weiss").await?;
    page.sees("td", "Not before").await?;
    page.looks("manager-waiting").await
}

/// HQ has released it: the new card gets it, once.
async fn carried_over(page: &Page, counter: &Counter) -> Result<()> {
    // Whoever reads the new card is told of it.
    page.key(F12).await?;
    counter.tap(NEW.0)?;
    page.sees("dialog", "€20.00 of lost card D5E6 is due for this card")
        .await?;
    page.looks("due-for-this").await?;
    counter.away()?;
    page.key(ESCAPE).await?;
    page.key(F10).await?;
    page.press("Replaced cards").await?;
    page.sees("td", "€20.00 can be put on the new card now")
        .await?;
    page.looks("manager-due").await?;
    page.press("D5E6 → 5566").await?;
    page.sees("dialog", "cannot be taken back").await?;
    page.looks("due").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Hold the new card on the reader")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "No balance is waiting for this card")
        .await?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("dialog", "Hold the new card on the reader")
        .await?;
    counter.tap(NEW.0)?;
    page.sees(
        "dialog",
        "The balance of the lost card, €20.00, is on this one now",
    )
    .await?;
    page.looks("carried").await?;
    page.key(ENTER).await?;
    counter.away()?;
    page.sees("p", "No balance of a lost card is on its way")
        .await?;
    page.looks("manager-none").await
}

/// A classic till display and a narrow tablet, in a dark room: nothing overflows, axe is content.
#[tokio::test]
async fn the_desk_fits_every_size_in_the_dark() -> Result<()> {
    let _alone = alone().await;
    let mut counter = Counter::set()?;
    let api = counter.start().await?;
    counter.issue().await?;
    counter.top_up(1000).await?;
    for (size, name) in [
        ("1024,768", "desk-dark-1024"),
        ("800,1280", "desk-dark-800"),
    ] {
        let session = browser::open(counter.folder.path(), size, true).await?;
        let page = Page::new(session, name)?;
        page.session.go(&api.browser_address()).await?;
        sign_in(&page, Person::ANNA).await?;
        page.key(F12).await?;
        page.sees("dialog", "Issue a new card").await?;
        page.looks("ways").await?;
        browser::nothing_overflows(&page).await?;
        page.key(F3).await?;
        page.types("weiss").await?;
        page.sees("dialog button", "Dora Weissenfels").await?;
        page.looks("found").await?;
        browser::nothing_overflows(&page).await?;
        page.types(" cl").await?;
        page.sees("dialog button", "Clara Weiss").await?;
        page.key(ENTER).await?;
        page.sees("dialog", "Which card is lost?").await?;
        page.looks("which").await?;
        page.press("Card ending in D5E6").await?;
        page.sees("dialog", "What happens").await?;
        page.looks("means").await?;
        browser::nothing_overflows(&page).await?;
        page.key(ESCAPE).await?;
        page.press("Sign out").await?;
        sign_in(&page, Person::MARA).await?;
        finds(&page, F2, "dora").await?;
        page.sees("dialog button", "Dora Weissenfels").await?;
        page.key(ENTER).await?;
        page.sees("dialog", "blank card").await?;
        page.looks("for-dora").await?;
        page.key(ENTER).await?;
        page.sees("dialog", "Lay the new card on the reader")
            .await?;
        counter.tear_at(HALF_WAY, false)?;
        counter.tap(&format!("desfire-ev3:041122334455{:02}", size.len()))?;
        page.sees("dialog", "Stopped at").await?;
        page.looks("torn").await?;
        browser::nothing_overflows(&page).await?;
        counter.away()?;
        page.key(ESCAPE).await?;
        page.sees("dialog", "The card is not finished").await?;
        page.key(ESCAPE).await?;
        page.key(F10).await?;
        page.press("Replaced cards").await?;
        page.sees("p", "No balance of a lost card is on its way")
            .await?;
        page.looks("manager").await?;
        browser::nothing_overflows(&page).await?;
        page.session.close().await?;
    }
    Ok(())
}
