//! Writing a bundle into its tables, in the place of the one before.

use super::purse;
use crate::HashColumn;
use crate::columns::{Id, to_json};
use crate::error::{Fault, StoreError, Within};
use crate::unique::or_if_taken;
use rusqlite::{Connection, params};
use tillside_core::{Bundle, CouponSheet, Hash, MemberSheet, Product};

/// The most products a bundle may bring.
pub const PRODUCT_LIMIT: usize = 500_000;
/// The most members (and, of all of them, cards) a bundle may bring.
pub const MEMBER_LIMIT: usize = 1_000_000;
/// The most coupon numbers of this store, and the most digests of others' numbers.
pub const COUPON_LIMIT: usize = 5_000_000;

/// Empties the tables and fills them with `bundle`. The transaction brings the old rows back if it
/// fails.
pub(super) fn fill(conn: &Connection, bundle: &Bundle, digest: Hash) -> Within<()> {
    check_limits(bundle)?;
    for table in [
        "bundle",
        "products",
        "members",
        "cards",
        "coupons",
        "elsewhere",
        "open_coupons",
        "purse_sheet",
        "hot_cards",
        "carry_overs",
        "member_code_keys",
        "member_code_revoked",
        "allowance_keys",
    ] {
        // Without a WHERE, SQLite drops the pages whole.
        conn.execute(&format!("DELETE FROM {table}"), [])?;
    }
    head(conn, bundle, digest)?;
    products(conn, &bundle.products)?;
    members(conn, &bundle.members)?;
    coupons(conn, &bundle.coupons)?;
    elsewhere(conn, &bundle.coupons)?;
    open(conn, &bundle.coupons)?;
    if let Some(sheet) = &bundle.purse {
        purse::fill(conn, sheet)?;
    }
    purse::fill_allowance_keys(conn, &bundle.allowance_keys)?;
    match &bundle.member_codes {
        Some(sheet) => purse::fill_code_keys(conn, sheet),
        None => Ok(()),
    }
}

fn check_limits(bundle: &Bundle) -> Within<()> {
    let cards: usize = bundle.members.members.iter().map(|m| m.cards.len()).sum();
    let digests = bundle.coupons.elsewhere.iter().map(|e| e.digests.len());
    let open = bundle.coupons.open.iter().map(|of| of.digests.len());
    let numbers = bundle.coupons.numbers.len() + bundle.coupons.revoked.len();
    for (what, found, limit) in [
        ("products in a bundle", bundle.products.len(), PRODUCT_LIMIT),
        (
            "members in a bundle",
            bundle.members.members.len(),
            MEMBER_LIMIT,
        ),
        ("cards in a bundle", cards, MEMBER_LIMIT),
        ("coupon numbers in a bundle", numbers, COUPON_LIMIT),
        (
            "other stores' coupons in a bundle",
            digests.sum(),
            COUPON_LIMIT,
        ),
        ("coupons of no store in a bundle", open.sum(), COUPON_LIMIT),
    ] {
        if found > limit {
            let limit = limit as u64;
            return Err(StoreError::Limit { what, limit }.into());
        }
    }
    Ok(())
}

fn head(conn: &Connection, bundle: &Bundle, digest: Hash) -> Within<()> {
    let version = i64::try_from(bundle.version)
        .map_err(|_| wrong(format!("version {} is out of range", bundle.version)))?;
    conn.prepare(
        "INSERT INTO bundle (one, version, digest, profile, rules, as_of, included, holder)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        version,
        HashColumn(digest),
        to_json("the store's profile", &bundle.profile)?,
        to_json("the rules", &bundle.rules)?,
        bundle.members.as_of.0,
        to_json("the balances' end", &bundle.members.included)?,
        bundle.coupons.holder.map(|terminal| Id(terminal.uuid())),
    ])?;
    Ok(())
}

fn products(conn: &Connection, products: &[Product]) -> Within<()> {
    let mut insert = conn.prepare(
        "INSERT INTO products (item, name, minor, currency, category, tax_class, searchable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for product in products {
        let item = String::from(product.item.clone());
        let done = insert.execute(params![
            item,
            product.name,
            product.unit_price.minor(),
            product.unit_price.currency().code(),
            product.category.as_ref().map(|category| category.as_str()),
            product.tax_class.as_str(),
            format!("{} {item}", product.name).to_lowercase(),
        ]);
        or_if_taken(done, || wrong(format!("{item} is in it twice")))?;
    }
    Ok(())
}

fn members(conn: &Connection, sheet: &MemberSheet) -> Within<()> {
    let mut insert = conn.prepare(
        "INSERT INTO members (member, display_name, tier, points, pending)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut insert_card = conn.prepare("INSERT INTO cards (card, member) VALUES (?1, ?2)")?;
    for entry in &sheet.members {
        let done = insert.execute(params![
            Id(entry.member.uuid()),
            entry.display_name,
            entry.tier.as_str(),
            entry.points.0,
            entry.pending.0,
        ]);
        or_if_taken(done, || {
            wrong(format!("member {} is in it twice", entry.member))
        })?;
        for card in &entry.cards {
            let done = insert_card.execute(params![card.as_str(), Id(entry.member.uuid())]);
            or_if_taken(done, || wrong(format!("card {card} has two owners")))?;
        }
    }
    Ok(())
}

fn coupons(conn: &Connection, sheet: &CouponSheet) -> Within<()> {
    let mut insert =
        conn.prepare("INSERT INTO coupons (number, plan, used) VALUES (?1, ?2, ?3)")?;
    for entry in &sheet.numbers {
        let used = entry
            .used
            .as_ref()
            .map(|used| to_json("a coupon's use", used));
        let done = insert.execute(params![
            entry.number.as_str(),
            entry.plan.as_str(),
            used.transpose()?
        ]);
        or_if_taken(done, || {
            wrong(format!("coupon {} is in it twice", entry.number))
        })?;
    }
    // A number in both lists was taken back.
    let mut revoke = conn.prepare(
        "INSERT INTO coupons (number, revoked) VALUES (?1, 1)
         ON CONFLICT (number) DO UPDATE SET revoked = 1",
    )?;
    for number in &sheet.revoked {
        revoke.execute([number.as_str()])?;
    }
    Ok(())
}

fn elsewhere(conn: &Connection, sheet: &CouponSheet) -> Within<()> {
    let mut insert =
        conn.prepare("INSERT OR IGNORE INTO elsewhere (digest, store) VALUES (?1, ?2)")?;
    for other in &sheet.elsewhere {
        for digest in &other.digests {
            let key = digest_key(digest)
                .ok_or_else(|| wrong(format!("{digest:?} is not a coupon's digest")))?;
            insert.execute(params![key, other.store.as_str()])?;
        }
    }
    Ok(())
}

fn open(conn: &Connection, sheet: &CouponSheet) -> Within<()> {
    let mut insert =
        conn.prepare("INSERT OR IGNORE INTO open_coupons (digest, plan) VALUES (?1, ?2)")?;
    for of in &sheet.open {
        for digest in &of.digests {
            let key = digest_key(digest)
                .ok_or_else(|| wrong(format!("{digest:?} is not a coupon's digest")))?;
            insert.execute(params![key, of.plan.as_str()])?;
        }
    }
    Ok(())
}

/// A number's digest, which is 16 hex digits, as one integer.
pub(super) fn digest_key(digest: &str) -> Option<i64> {
    let hex = digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    let key = u64::from_str_radix(digest, 16).ok()?;
    hex.then_some(key.cast_signed())
}

pub(super) fn wrong(finding: String) -> Fault {
    StoreError::WrongBundle { finding }.into()
}
