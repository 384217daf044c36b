//! Simulated chips as the personalisation desk leaves them: the chain's keys, a member's number, and
//! what protects both. Written straight into the chip's memory from the layouts that `tillside-cards`
//! states; no client has a part in it.

use serde_json::{Value, json};
use std::fmt::Write;
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_keys::{KeyRole, KeyVault};
use tillside_sim::{CardSpec, SavedCard};

use crate::stage::MEMBER;

/// Where the page's address has UID and counter, and where its MAC.
pub const PICC_AT: usize = 0x20;
pub const MAC_AT: usize = 0x43;

/// The cards of a chain, made with its vault.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub vault: &'a dyn KeyVault,
    pub scheme: &'a CardScheme,
    pub version: u8,
}

impl Desk<'_> {
    fn own(&self, role: KeyRole, uid: &[u8]) -> [u8; 16] {
        *self
            .keys()
            .chain()
            .card_key(role, self.version, uid)
            .unwrap()
            .bytes()
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            vault: self.vault,
            scheme: self.scheme,
        }
    }

    /// An NTAG 424 DNA: key 1 is the till's and opens file 03; key 2 signs the page, key 3 hides UID
    /// and counter in it.
    pub fn ntag424(&self, spec: &CardSpec, keys_of: &[u8]) -> SavedCard {
        let meta = self
            .keys()
            .chain()
            .shared_key(KeyRole::SdmMeta, self.version);
        let address = b"\0\0https://shop.example/m?e=";
        let mut page = [b'0'; 256];
        page[..address.len()].copy_from_slice(address);
        page[PICC_AT + 32..MAC_AT].copy_from_slice(b"&c=");
        let sdm = json!({
            "mirror_uid": true, "mirror_counter": true, "limit": null, "meta": 3, "file": 2,
            "counter_access": 15, "uid_at": null, "counter_at": null, "picc_at": PICC_AT,
            "mac": {"input_at": MAC_AT, "encrypted": null, "at": MAC_AT},
        });
        let key = |role| json!(hex(&self.own(role, keys_of)));
        changed(
            SavedCard::fresh(spec),
            [
                ("/keys/1/key", key(KeyRole::NtagIdentify)),
                ("/keys/2/key", key(KeyRole::SdmFile)),
                ("/keys/3/key", json!(hex(meta.unwrap().bytes()))),
                ("/files/1/data", json!(hex(&page))),
                ("/files/1/settings/sdm", sdm),
                (
                    "/files/2/data",
                    json!(hex(&[&MEMBER[..], &[0; 112]].concat())),
                ),
                ("/files/2/settings/rights", json!(0x1330)),
            ],
        )
    }

    /// An Ultralight AES: the member's number behind key 0, every frame with a MAC.
    pub fn ultralight_aes(&self, spec: &CardSpec, keys_of: &[u8]) -> SavedCard {
        let fresh = SavedCard::fresh(spec);
        let mut pages = bytes(&fresh.memory()["pages"]);
        let mut key = self.own(KeyRole::UltralightData, keys_of);
        key.reverse();
        let (cfg0, cfg1, key_page) = (0x29 * 4, 0x2A * 4, 0x30 * 4);
        pages[0x04 * 4..][..16].copy_from_slice(&MEMBER);
        pages[key_page..][..16].copy_from_slice(&key);
        pages[cfg0] |= 0x02;
        pages[cfg0 + 3] = 0x04;
        pages[cfg1] |= 0x80;
        changed(fresh, [("/pages", json!(hex(&pages)))])
    }

    /// A FeliCa Lite-S: the member's number in S_PAD0, the key's version in CKV.
    pub fn felica(&self, spec: &CardSpec, keys_of: &[u8]) -> SavedCard {
        let fresh = SavedCard::fresh(spec);
        let mut user = bytes(&fresh.memory()["user"]);
        user[..16].copy_from_slice(&MEMBER);
        let mut version = [0; 16];
        version[0] = self.version;
        changed(
            fresh,
            [
                ("/user", json!(hex(&user))),
                ("/key", json!(hex(&self.own(KeyRole::FelicaCard, keys_of)))),
                ("/key_version", json!(hex(&version))),
            ],
        )
    }
}

fn changed<const N: usize>(card: SavedCard, changes: [(&str, Value); N]) -> SavedCard {
    changes
        .into_iter()
        .fold(card, |card, (path, value)| card.with(path, value).unwrap())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap();
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}
