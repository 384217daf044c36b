//! One whole sale, and the manager's look at it afterwards: the same in the window and in a browser.

use crate::page::{BACKSPACE, DELETE, ENTER, ESCAPE, F2, F3, F5, F8, F10, Page, TAB};
use crate::stage::{ANNAS_CARD, Stage};
use anyhow::{Result, ensure};
use tillside_tests::Person;

/// Coffee beans 7.49, ground coffee 4.29, capsules 3.79: all coffee.
const BEANS: &str = "4012345010008";
const GROUND: &str = "4012345010374";
const CAPSULES: &str = "4012345010749";

/// Signs somebody in at the names.
pub async fn sign_in(page: &Page, person: Person) -> Result<()> {
    page.press(person.name).await?;
    page.sees("label", "PIN").await?;
    page.types(person.pin).await?;
    page.key(ENTER).await?;
    page.sees("header", "Sign out").await?;
    Ok(())
}

/// A sale from the first scan to the receipt, by keyboard, scanner and card alone.
pub async fn sale(page: &Page, stage: &mut Stage) -> Result<()> {
    page.sees("h1", "Who is at the till?").await?;
    page.watch().await?;
    page.looks("names").await?;
    sign_in(page, Person::ANNA).await?;
    page.sees("section", "Scan the first item").await?;
    page.sees("footer", "HQ: connected").await?;
    page.sees("footer", "ready").await?;
    page.looks("empty").await?;
    three_lines(page).await?;
    by_name(page).await?;
    by_hand(page).await?;
    tap(page, stage).await?;
    coupons(page, stage).await?;
    line_cut(page, stage).await?;
    pay(page).await
}

async fn three_lines(page: &Page) -> Result<()> {
    for (code, name) in [
        (BEANS, "Coffee beans, dark roast 500 g"),
        (GROUND, "Ground coffee, mild 250 g"),
        (CAPSULES, "Espresso capsules, 10"),
    ] {
        page.scans(code).await?;
        page.sees("li", name).await?;
        ensure!(
            page.typed().await?.is_empty(),
            "the scan left something in the field"
        );
    }
    page.sees("dl", "€15.57").await?;
    // A scan while another field has the focus goes to the basket all the same.
    page.key(F3).await?;
    page.scans(CAPSULES).await?;
    page.sees("section", "2 × €3.79").await?;
    ensure!(
        page.typed().await?.is_empty(),
        "the scan left something in the coupon's field"
    );
    // One less again, with the keyboard.
    page.key(F2).await?;
    page.key('-').await?;
    page.sees("section", "1 × €3.79").await?;
    page.looks("three-lines").await
}

/// A product is found by its name, with the keyboard alone, and taken off again.
async fn by_name(page: &Page) -> Result<()> {
    page.types("oat dr").await?;
    page.sees("[role=option]", "Oat drink 1 l").await?;
    page.sees("[role=option]", "€1.89").await?;
    page.looks("search").await?;
    page.key(ENTER).await?;
    page.sees("li", "Oat drink 1 l").await?;
    ensure!(
        page.typed().await?.is_empty(),
        "the search left something in the field"
    );
    page.key(DELETE).await?;
    page.sees("dl", "€15.57").await?;
    Ok(())
}

/// What the till does not know is entered by hand, and taken off again.
async fn by_hand(page: &Page) -> Result<()> {
    page.scans("4012345999990").await?;
    page.sees("p", "4012345999990").await?;
    page.key(F5).await?;
    page.sees("dialog", "Item by hand").await?;
    page.types("Birthday candle").await?;
    page.key(TAB).await?;
    page.types("0.95").await?;
    page.looks("by-hand").await?;
    page.key(ENTER).await?;
    page.sees("li", "Birthday candle").await?;
    page.sees("dl", "€16.52").await?;
    page.key(DELETE).await?;
    page.sees("dl", "€15.57").await?;
    Ok(())
}

async fn tap(page: &Page, stage: &Stage) -> Result<()> {
    stage.reader.hands.tap(1, ANNAS_CARD, false)?;
    page.sees("section", "Anna Lindqvist").await?;
    page.sees("section", "1,240 points").await?;
    page.sees("section", "gold").await?;
    stage.reader.hands.remove(1)?;
    page.looks("member").await
}

async fn coupons(page: &Page, stage: &Stage) -> Result<()> {
    page.scans(&stage.coupon("COFFEE-1", "S2")?).await?;
    page.sees(".no", "other store (S2)").await?;
    page.looks("coupon-refused").await?;
    page.scans(&stage.coupon("COFFEE-1", "S1")?).await?;
    page.sees(".yes", "valid (proved: bound to this store)")
        .await?;
    page.sees("dl", "€14.57").await?;
    page.looks("coupon-valid").await
}

/// HQ goes away: the till says so, and sells on.
async fn line_cut(page: &Page, stage: &mut Stage) -> Result<()> {
    stage.hq.stop()?;
    page.sees("footer", "No line since").await?;
    page.sees("footer", "sales go on").await?;
    page.looks("no-line").await
}

async fn pay(page: &Page) -> Result<()> {
    page.key(F8).await?;
    page.sees("dialog", "Pay in cash").await?;
    page.types("20").await?;
    page.sees("dialog", "€5.43").await?;
    page.looks("cash").await?;
    page.key(ENTER).await?;
    page.sees("aside", "Change to give").await?;
    page.sees("aside", "€5.43").await?;
    page.sees("pre", "Points earned").await?;
    page.sees("pre", "rules version").await?;
    page.looks("receipt").await
}

/// The next customer taps while the receipt is still shown: the card is kept for the next sale.
pub async fn next_customer(page: &Page, stage: &Stage) -> Result<()> {
    stage.reader.hands.tap(1, "ntag213:0451C2D3E4F5A6", false)?;
    page.sees("section", "For the next sale").await?;
    page.key(ENTER).await?;
    page.sees("section", "Ben Nov").await?;
    page.sees("section", "Scan the first item").await?;
    ensure!(
        !page.says("section", "For the next sale").await?,
        "the card is in the sale now"
    );
    stage.reader.hands.remove(1)?;
    Ok(())
}

/// What the manager reads of it.
pub async fn manager(page: &Page, stage: &Stage) -> Result<()> {
    page.press("Sign out").await?;
    sign_in(page, Person::MARA).await?;
    page.key(F10).await?;
    page.sees("td", "Anna Lindqvist").await?;
    page.sees("dl", "€14.57").await?;
    page.looks("manager-sales").await?;
    page.press("Coupons").await?;
    page.sees("tr", &stage.coupon("COFFEE-1", "S1")?).await?;
    page.sees("td", "valid (proved: bound to this store)")
        .await?;
    page.sees("td", "other store (S2)").await?;
    page.looks("manager-coupons").await?;
    page.types("other store").await?;
    page.sees("p", "1 row").await?;
    page.press("Voids").await?;
    page.sees("p", "Nothing was voided on this day.").await?;
    page.press("Not yet at HQ").await?;
    // What is typed goes to the filter, whatever has the focus.
    page.types("x").await?;
    page.key(BACKSPACE).await?;
    for _ in 0.."other store".len() {
        page.key(BACKSPACE).await?;
    }
    page.sees("td", "Sale").await?;
    page.looks("manager-unconfirmed").await
}

/// The manager takes the sale back, after being asked.
pub async fn void(page: &Page) -> Result<()> {
    page.press("Sales").await?;
    page.press("Open receipt").await?;
    page.sees("dialog", "Receipt").await?;
    page.looks("manager-receipt").await?;
    page.press("Void this sale").await?;
    page.sees("dialog", "This cannot be undone").await?;
    page.looks("void").await?;
    page.press("Wrong item or price").await?;
    page.press("Void the sale").await?;
    page.sees("pre", "SALE VOIDED").await?;
    page.key(ESCAPE).await?;
    page.sees("td", "Voided").await?;
    page.press("Voids").await?;
    page.sees("td", "Wrong item or price").await?;
    page.looks("manager-voids").await
}

/// Goods of the sale come back, allowed by the manager who is signed in.
pub async fn goods_back(page: &Page) -> Result<()> {
    page.press("Sales").await?;
    page.press("Open receipt").await?;
    page.press("Take goods back").await?;
    page.sees("dialog", "Choose what comes back.").await?;
    page.looks("return-choose").await?;
    page.press("One Espresso capsules, 10 more comes back")
        .await?;
    page.sees("strong", "Pay back €").await?;
    page.sees("li", "1 sold").await?;
    page.press("Broken").await?;
    page.looks("return").await?;
    page.press("Take back, pay €").await?;
    page.sees("pre", "GOODS RETURNED").await?;
    page.sees("dialog", "Goods are back. Pay back €").await?;
    page.looks("returned").await?;
    ensure!(
        !page.says("button:enabled", "Void this sale").await?,
        "a sale of which goods came back is not voided"
    );
    page.key(ESCAPE).await?;
    page.press("Returns").await?;
    page.sees("td", "1 × Espresso capsules, 10").await?;
    page.sees("dl", "Paid back for returns").await?;
    page.looks("manager-returns").await
}
