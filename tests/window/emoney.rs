//! Cards with money on them at the till's screen: a card pays, holds too little, is torn off in the
//! commit, comes back; and what a manager does about it. Over a simulated DESFire card and PC/SC.

use crate::browser;
use crate::counter::{CARD, COFFEE, Counter, STICKER};
use crate::display::Display;
use crate::page::{ENTER, ESCAPE, F4, F6, F8, F10, F11, F12, Page, TAB};
use crate::play::sign_in;
use crate::stage::alone;
use crate::tauri_window;
use anyhow::{Result, ensure};
use tillside_tests::Person;

/// One whole counter's day, in a browser.
#[tokio::test]
async fn cards_pay_and_what_nobody_knows_comes_out() -> Result<()> {
    let _alone = alone().await;
    let mut counter = Counter::set()?;
    let api = counter.start().await?;
    counter.issue().await?;
    counter.top_up(1000).await?;
    let session = browser::open(counter.folder.path(), "1280,900", false).await?;
    let page = Page::new(session, "emoney")?;
    page.session.go(&api.browser_address()).await?;
    sign_in(&page, Person::ANNA).await?;
    page.watch().await?;
    page.sees("footer", "Development keys").await?;
    let commit = pays(&page, &counter).await?;
    torn(&page, &counter, commit).await?;
    too_little(&page, &counter).await?;
    card(&page, &counter).await?;
    voided(&page, &counter).await?;
    blocked(&page, &counter).await?;
    way_out(&page, &mut counter, commit).await?;
    manager(&page, &counter).await?;
    page.went_well().await?;
    page.session.close().await
}

/// A card pays 4.29 of its 10.00. Says after how many commands its commit came.
async fn pays(page: &Page, counter: &Counter) -> Result<u32> {
    page.scans(COFFEE).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    page.looks("hold").await?;
    let before = counter.commands()?;
    counter.tap(CARD.0)?;
    page.sees("aside", "Paid").await?;
    page.sees("pre", "E-money").await?;
    page.sees("aside", "€5.71 left on card ending in").await?;
    page.looks("receipt").await?;
    let commit = counter.commit_at(before)?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("section", "Scan the first item").await?;
    Ok(commit)
}

/// The card leaves as it is handed the commit, which it never hears: the page says what to do, through a
/// reload too. The same card says that nothing was taken, and pays then. Another time it leaves when it
/// has done it, and the sale is paid as soon as it is back.
async fn torn(page: &Page, counter: &Counter, commit: u32) -> Result<()> {
    unknown(page, counter, commit, false).await?;
    ensure!(
        !page.says("button", "Cash").await? && !page.says("pre", "E-money").await?,
        "nothing can be paid and nothing is printed while nobody knows"
    );
    page.looks("unknown").await?;
    page.asks("location.reload(); return 0").await?;
    page.sees("h1", "Hold the same card again").await?;
    page.watch().await?;
    page.looks("unknown-after-reload").await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "Nothing was taken").await?;
    page.looks("nothing-taken").await?;
    counter.away()?;
    page.key(ESCAPE).await?;
    page.sees("dl", "€4.29").await?;
    counter.tear_at(commit, true)?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("h1", "Hold the same card again").await?;
    counter.tap(CARD.0)?;
    page.sees("aside", "Paid").await?;
    page.sees("aside", "€1.42 left on card ending in").await?;
    page.looks("settled").await?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("section", "Scan the first item").await?;
    Ok(())
}

async fn unknown(page: &Page, counter: &Counter, commit: u32, after: bool) -> Result<()> {
    page.scans(COFFEE).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    counter.tear_at(commit, after)?;
    counter.tap(CARD.0)?;
    page.sees("h1", "Hold the same card again").await?;
    page.sees("p", &format!("Card ending in {}", CARD.1))
        .await?;
    Ok(())
}

/// The card holds 1.42: it is taken, and the rest is paid in cash.
async fn too_little(page: &Page, counter: &Counter) -> Result<()> {
    page.scans(COFFEE).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("button", "Take €1.42, rest €2.87 in cash")
        .await?;
    page.looks("too-little").await?;
    page.press("Take €1.42, rest €2.87 in cash").await?;
    page.sees("dialog", "Pay in cash").await?;
    page.sees("dialog", "€2.87").await?;
    page.key(ESCAPE).await?;
    page.sees("li", "Card ending in").await?;
    page.sees("p", "its items stay as they are").await?;
    page.looks("part-paid").await?;
    counter.away()?;
    // It is given back to the card, and taken again.
    page.press("Give back").await?;
    page.sees("dialog", "Hold the card on the reader that paid")
        .await?;
    page.looks("give-back").await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "is back on the card").await?;
    page.key(ENTER).await?;
    counter.away()?;
    page.key(F8).await?;
    page.sees("dialog", "Pay in cash").await?;
    page.key(ENTER).await?;
    page.sees("aside", "Paid").await?;
    page.key(ENTER).await?;
    page.sees("section", "Scan the first item").await?;
    Ok(())
}

/// What is on the card; money is put on; a card that only says a number.
async fn card(page: &Page, counter: &Counter) -> Result<()> {
    page.key(F12).await?;
    page.sees("dialog", "Hold the card on the reader").await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "€1.42").await?;
    page.sees("dialog", "Clara Weiss").await?;
    page.sees("td", "Put on").await?;
    page.looks("card").await?;
    page.press("Put money on").await?;
    page.press("€20.00").await?;
    page.sees("dialog", "Take €20.00 in cash first").await?;
    page.looks("top-up").await?;
    page.press("€20.00 received").await?;
    page.sees("dialog", "It holds €21.42 now").await?;
    page.looks("topped-up").await?;
    page.key(ENTER).await?;
    counter.away()?;
    page.key(F12).await?;
    page.sees("dialog", "Hold the card on the reader").await?;
    counter.tap(STICKER)?;
    page.sees("dialog", "cannot pay").await?;
    page.looks("sticker").await?;
    page.key(ESCAPE).await?;
    counter.away()
}

/// A manager gives a reason and a PIN.
async fn consents(page: &Page, reason: &str) -> Result<()> {
    page.press(reason).await?;
    page.asks("document.querySelector('input[type=password]').focus(); return 0")
        .await?;
    page.types(Person::MARA.pin).await?;
    page.key(ENTER).await
}

/// A sale that a card paid is voided on that card, and on no other.
async fn voided(page: &Page, counter: &Counter) -> Result<()> {
    page.scans(COFFEE).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("aside", "€17.13 left on card ending in").await?;
    counter.away()?;
    page.key(F6).await?;
    page.sees("dialog", "€4.29 goes back to the card").await?;
    consents(page, "Wrong item or price").await?;
    page.sees("dialog", "Hold the card on the reader that paid")
        .await?;
    page.looks("void-by-card").await?;
    counter.tap(CARD.0)?;
    page.sees("aside", "€4.29 is back on the card").await?;
    page.sees("pre", "SALE VOIDED").await?;
    page.looks("voided").await?;
    counter.away()?;
    page.key(ENTER).await?;
    page.sees("section", "Scan the first item").await?;
    Ok(())
}

/// A card is blocked here, pays nothing then, and is allowed again.
async fn blocked(page: &Page, counter: &Counter) -> Result<()> {
    page.key(F12).await?;
    counter.tap(CARD.0)?;
    page.press("Block this card here").await?;
    consents(page, "Found in the shop").await?;
    page.sees("dialog", "May not be used").await?;
    page.sees("dialog", "Found in the shop").await?;
    page.looks("blocked").await?;
    page.key(ESCAPE).await?;
    counter.away()?;
    page.scans(COFFEE).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "Found in the shop").await?;
    page.looks("blocked-card").await?;
    page.key(ESCAPE).await?;
    counter.away()?;
    page.key(F4).await?;
    page.sees("dialog", "Discard this sale").await?;
    page.key(TAB).await?;
    page.key(ENTER).await?;
    page.sees("section", "Scan the first item").await?;
    page.key(F12).await?;
    counter.tap(CARD.0)?;
    page.press("Allow this card again").await?;
    consents(page, "Blocked by mistake").await?;
    page.sees("dialog", "There is").await?;
    page.key(ESCAPE).await?;
    counter.away()
}

/// The shopper leaves with a torn card: the agent is started anew, a manager lets the sale go on, and
/// the card pays its debt of words when it comes back.
async fn way_out(page: &Page, counter: &mut Counter, commit: u32) -> Result<()> {
    unknown(page, counter, commit, true).await?;
    counter.till.kill()?;
    page.sees("footer", "does not answer").await?;
    counter.start().await?;
    let api = counter.till.api()?;
    page.session.go(&api.browser_address()).await?;
    sign_in(page, Person::ANNA).await?;
    page.watch().await?;
    page.sees("h1", "Hold the same card again").await?;
    page.sees("footer", "1 payment to look after").await?;
    page.press("call the manager").await?;
    page.sees("dialog", "If you go on").await?;
    page.looks("way-out").await?;
    consents(page, "The shopper has left").await?;
    page.sees("dialog", "A manager let the sale go on").await?;
    page.looks("given-up").await?;
    page.key(ENTER).await?;
    page.sees("dl", "€4.29").await?;
    page.key(F8).await?;
    page.sees("dialog", "Pay in cash").await?;
    page.key(ENTER).await?;
    page.sees("aside", "Paid").await?;
    page.key(F6).await?;
    page.sees("dialog", "This cannot be undone").await?;
    page.key(ESCAPE).await?;
    page.key(ENTER).await?;
    counter.tap(CARD.0)?;
    page.sees("section", "To look after").await?;
    page.sees("p", "It is owed to the shopper").await?;
    page.looks("back-again").await?;
    counter.away()
}

/// The manager's day of e-money.
async fn manager(page: &Page, counter: &Counter) -> Result<()> {
    page.press("Sign out").await?;
    sign_in(page, Person::MARA).await?;
    page.key(F10).await?;
    page.sees("dl", "Paid by e-money").await?;
    page.press("E-money").await?;
    page.sees("td", "Owed to the shopper").await?;
    page.looks("manager").await?;
    page.press("Card ending in").await?;
    page.sees("dialog", "The shopper has left").await?;
    page.looks("owed").await?;
    page.press("Give the money back").await?;
    page.sees("dialog", "it cannot be undone").await?;
    page.looks("give-back-asked").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Hold the card on the reader that paid")
        .await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "is back on the card").await?;
    page.key(ENTER).await?;
    page.key(ESCAPE).await?;
    page.sees("p", "No card payment needs looking after.")
        .await?;
    page.looks("manager-done").await
}

/// A classic till display and a narrow tablet, in a dark room: nothing overflows, axe is content.
#[tokio::test]
async fn cards_fit_every_size_in_the_dark() -> Result<()> {
    let _alone = alone().await;
    let mut counter = Counter::set()?;
    let api = counter.start().await?;
    counter.issue().await?;
    counter.top_up(1000).await?;
    let mut commit = None;
    for (size, name) in [
        ("1024,768", "emoney-dark-1024"),
        ("800,1280", "emoney-dark-800"),
    ] {
        let session = browser::open(counter.folder.path(), size, true).await?;
        let page = Page::new(session, name)?;
        page.session.go(&api.browser_address()).await?;
        sign_in(&page, Person::MARA).await?;
        let commit = match commit {
            Some(commit) => commit,
            None => *commit.insert(pays(&page, &counter).await?),
        };
        unknown(&page, &counter, commit, false).await?;
        page.looks("unknown").await?;
        browser::nothing_overflows(&page).await?;
        page.press("call the manager").await?;
        page.sees("dialog", "If you go on").await?;
        page.looks("way-out").await?;
        page.key(ESCAPE).await?;
        counter.tap(CARD.0)?;
        page.sees("dialog", "Nothing was taken").await?;
        page.looks("nothing-taken").await?;
        browser::nothing_overflows(&page).await?;
        counter.away()?;
        page.key(ESCAPE).await?;
        part(&page, &counter).await?;
        page.looks("part-paid").await?;
        browser::nothing_overflows(&page).await?;
        page.key(F12).await?;
        page.sees("dialog", "Hold the card on the reader").await?;
        counter.tap(CARD.0)?;
        page.sees("dialog", "Clara Weiss").await?;
        page.looks("card").await?;
        counter.away()?;
        page.key(ESCAPE).await?;
        page.key(F8).await?;
        page.sees("dialog", "Pay in cash").await?;
        page.key(ENTER).await?;
        page.sees("aside", "Paid").await?;
        page.key(F10).await?;
        page.press("E-money").await?;
        page.looks("manager").await?;
        browser::nothing_overflows(&page).await?;
        page.session.close().await?;
    }
    Ok(())
}

/// The cashier takes 1.00 from the card; the rest is left to pay.
async fn part(page: &Page, counter: &Counter) -> Result<()> {
    page.sees("dl", "€4.29").await?;
    page.key(F11).await?;
    page.sees("dialog", "Hold the card on the reader to pay")
        .await?;
    page.press("Other amount").await?;
    page.sees("label", "Amount to take").await?;
    page.types("1").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "to pay €1.00").await?;
    counter.tap(CARD.0)?;
    page.sees("dialog", "€3.29").await?;
    counter.away()?;
    page.key(ESCAPE).await?;
    page.sees("p", "its items stay as they are").await?;
    Ok(())
}

/// The real window: what nobody knows survives the program itself.
#[tokio::test]
async fn a_torn_card_outlives_the_window() -> Result<()> {
    let _alone = alone().await;
    let counter = Counter::set()?;
    let display = Display::start(counter.folder.path())?;
    let (folder, data) = (counter.folder.path(), counter.till.folder());
    let open = || tauri_window::open(&display, folder, data, Some(counter.reader.socket()));
    let page = Page::new(open().await?, "emoney-window")?;
    counter.ready().await?;
    counter.issue().await?;
    counter.top_up(1000).await?;
    sign_in(&page, Person::ANNA).await?;
    page.watch().await?;
    let commit = pays(&page, &counter).await?;
    unknown(&page, &counter, commit, true).await?;
    page.looks("unknown").await?;
    page.went_well().await?;
    page.session.close().await?;
    // Closing the window ended its agent; the next one asks for the card at once.
    let page = Page::new(open().await?, "emoney-window-again")?;
    counter.ready().await?;
    sign_in(&page, Person::ANNA).await?;
    page.watch().await?;
    page.sees("h1", "Hold the same card again").await?;
    page.looks("unknown").await?;
    counter.tap(CARD.0)?;
    page.sees("aside", "Paid").await?;
    page.sees("pre", "E-money").await?;
    page.looks("settled").await?;
    page.went_well().await?;
    page.session.close().await
}
