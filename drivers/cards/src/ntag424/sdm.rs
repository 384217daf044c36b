//! The page that a phone opens when it is held to an NTAG 424 DNA: is it this tag, and is it new?
//!
//! The tag mirrors its UID and a counter, encrypted, and a MAC into the address (SUN, AN12196). The
//! meta key is the chain's, so that the UID can be read first; the file key is the tag's own. A page
//! proves that the tag was held to some phone once: the counter must be above the last one seen, and
//! that last one has to be kept where all pages are seen.

use ntag424::sdm::{SdmError, Verifier};
use ntag424::types::KeyNumber;
use ntag424::types::file_settings::{
    CryptoMode, CtrRetAccess, EncryptedContent, FileRead, MacWindow, Offset, PiccData,
    ReadCtrFeatures, Sdm,
};
use tillside_keys::{CardKey, KeyRole, VaultError};

use crate::ChainKeys;

/// Hex digits of the encrypted UID and counter.
const PICC: usize = 32;
/// Hex digits of the MAC.
const MAC: usize = 16;
/// The longest text between them: the tag's file has 256 bytes.
pub const SIGNED_LONGEST: usize = 200;

/// The parts of a page's address, as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<'a> {
    /// UID and counter, encrypted: 32 hex digits.
    pub picc: &'a str,
    /// The text from the start of the signed part to the MAC; empty in our layout.
    pub signed: &'a str,
    /// The MAC: 16 hex digits.
    pub mac: &'a str,
}

/// What a good page proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proven {
    /// The tag.
    pub uid: [u8; 7],
    /// How often it has been read, 24 bits. See [`is_new`].
    pub counter: u32,
}

/// Why a page proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// Its parts have other lengths, or are not hex.
    #[error("this is not the address that a tag makes")]
    Form,
    /// It was not made by a tag of this chain.
    #[error("no tag of this chain made this page")]
    NotOurs,
    /// The vault has not the key, or failed.
    #[error(transparent)]
    Keys(#[from] VaultError),
}

impl PageError {
    /// Whether the same page may be good later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Keys(error) if error.is_retryable())
    }
}

/// Proves a page with the chain's keys of version `version`.
///
/// # Errors
/// [`PageError`]. Whether the counter is new is asked separately: [`is_new`].
pub fn verify(page: Page<'_>, keys: &ChainKeys<'_>, version: u8) -> Result<Proven, PageError> {
    let meta = keys.shared_key(KeyRole::SdmMeta, version)?;
    verify_with(page, &meta, |uid| {
        keys.card_key(KeyRole::SdmFile, version, uid)
    })
}

/// As [`verify`], with the meta key at hand and the file key made from the UID.
///
/// # Errors
/// [`PageError`].
pub fn verify_with(
    page: Page<'_>,
    meta: &CardKey,
    file: impl FnOnce(&[u8; 7]) -> Result<CardKey, VaultError>,
) -> Result<Proven, PageError> {
    let right = page.picc.len() == PICC && page.mac.len() == MAC;
    if !right || page.signed.len() > SIGNED_LONGEST {
        return Err(PageError::Form);
    }
    let verifier = verifier(page.signed.len()).ok_or(PageError::Form)?;
    let text = [page.picc, page.signed, page.mac].concat();
    let found = verifier.decrypt_picc_data(meta.bytes(), text.as_bytes());
    let (Some(uid), Some(_)) = found.map_err(reason)? else {
        return Err(PageError::NotOurs);
    };
    let file = file(&uid)?;
    let verified = verifier.verify_with_meta_key(text.as_bytes(), file.bytes(), meta.bytes());
    match verified.map_err(reason)? {
        found if found.uid == Some(uid) => match found.read_ctr {
            Some(counter) => Ok(Proven { uid, counter }),
            None => Err(PageError::NotOurs),
        },
        _ => Err(PageError::NotOurs),
    }
}

/// Whether a counter is above the last one seen of that tag; the caller keeps it, in the same step
/// that uses the page, so that of two pages with one counter only one is used.
pub const fn is_new(last_seen: Option<u32>, counter: u32) -> bool {
    match last_seen {
        None => true,
        Some(last) => counter > last,
    }
}

/// The offsets of a page whose parts are put together: UID and counter, the signed text, the MAC.
fn verifier(signed: usize) -> Option<Verifier> {
    let offset = |at: usize| Offset::new(u32::try_from(at).ok()?).ok();
    let picc = PiccData::Encrypted {
        key: KeyNumber::Key0,
        offset: offset(0)?,
        content: EncryptedContent::Both(ReadCtrFeatures {
            limit: None,
            ret_access: CtrRetAccess::NoAccess,
        }),
    };
    let read = FileRead::MacOnly {
        key: KeyNumber::Key0,
        window: MacWindow {
            input: offset(PICC)?,
            mac: offset(PICC + signed)?,
        },
    };
    let sdm = Sdm::try_new(picc, Some(read), None, CryptoMode::Aes).ok()?;
    Verifier::try_new(&sdm, CryptoMode::Aes).ok()
}

fn reason(error: SdmError) -> PageError {
    match error {
        SdmError::InvalidHex { .. } | SdmError::NdefTooShort { .. } => PageError::Form,
        _ => PageError::NotOurs,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::script::{bytes, rounds, vector};
    use serde_json::Value;

    fn key(value: &Value) -> CardKey {
        CardKey::new(bytes(value).try_into().unwrap())
    }

    /// Those vectors that have a MAC.
    fn pages() -> Vec<Value> {
        let vectors = vector("ntag424_an12196.json");
        let all = vectors["sdm"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|case| case.get("sdmmac").is_some())
            .collect()
    }

    fn page(case: &Value) -> Page<'_> {
        let part = |name: &str| case[name].as_str().unwrap();
        Page {
            picc: part("picc_enc"),
            signed: part("mac_input_ascii"),
            mac: part("sdmmac"),
        }
    }

    fn proven(case: &Value, page: Page<'_>) -> Result<Proven, PageError> {
        verify_with(page, &key(&case["meta_key"]), |_| {
            Ok(key(&case["file_read_key"]))
        })
    }

    #[test]
    fn pages_are_those_of_the_public_vectors() {
        assert_eq!(pages().len(), 3);
        for case in pages() {
            let found = proven(&case, page(&case)).unwrap();
            assert_eq!(found.uid.as_slice(), bytes(&case["uid"]));
            assert_eq!(u64::from(found.counter), case["ctr"].as_u64().unwrap());
        }
    }

    #[test]
    fn every_changed_digit_is_refused() {
        for case in pages() {
            let page = page(&case);
            let parts = [page.picc, page.signed, page.mac];
            for (part, at) in
                (0..3).flat_map(|part| (0..parts[part].len()).map(move |at| (part, at)))
            {
                let mut changed = parts.map(str::to_owned);
                let digit = if changed[part].as_bytes()[at] == b'0' {
                    "1"
                } else {
                    "0"
                };
                changed[part].replace_range(at..=at, digit);
                let [picc, signed, mac] = changed.each_ref().map(String::as_str);
                let found = proven(&case, Page { picc, signed, mac });
                assert!(found.is_err(), "part {part}, digit {at}: {found:?}");
            }
        }
    }

    #[test]
    fn another_key_or_form_proves_nothing() {
        let cases = pages();
        let (case, other) = (&cases[0], CardKey::new([1; 16]));
        let meta = key(&case["meta_key"]);
        let found = verify_with(page(case), &meta, |_| Ok(other.clone()));
        assert!(matches!(found, Err(PageError::NotOurs)));
        assert!(verify_with(page(case), &other, |_| Ok(meta.clone())).is_err());
        let long = "x".repeat(SIGNED_LONGEST + 1);
        let (good, mut bad) = (page(case), Vec::new());
        bad.push(Page { picc: "", ..good });
        bad.push(Page {
            mac: "94EED9EE6533708",
            ..good
        });
        bad.push(Page {
            mac: "94EED9EE6533708é",
            ..good
        });
        bad.push(Page {
            picc: "ÉF963FF7828658A599F3041510671E8",
            ..good
        });
        bad.push(Page {
            signed: &long,
            ..good
        });
        // The same digits, cut in another place.
        let (longer, shorter) = ([good.picc, "9"].concat(), &good.mac[1..]);
        bad.push(Page {
            picc: &longer,
            mac: shorter,
            ..good
        });
        for page in bad {
            assert!(
                matches!(proven(case, page), Err(PageError::Form)),
                "{page:?}"
            );
        }
    }

    #[test]
    fn a_counter_is_new_only_above_the_last() {
        assert!(is_new(None, 0));
        assert!(is_new(Some(60), 61));
        assert!(!is_new(Some(61), 61));
        assert!(!is_new(Some(62), 61));
    }

    /// A hundred thousand random addresses: no panic, no forgery.
    #[test]
    fn random_pages_are_never_taken_for_a_tags() {
        let case = &pages()[0];
        let (meta, file) = (key(&case["meta_key"]), key(&case["file_read_key"]));
        let (times, chosen, mut seed) = rounds(100_000);
        for round in 0..times {
            let mut text = [page(case).picc, page(case).mac].concat().into_bytes();
            for _ in 0..=seed.below(3) {
                seed.damage(&mut text);
            }
            let text = String::from_utf8_lossy(&text);
            let cut = (0..=32)
                .rev()
                .find(|at| text.is_char_boundary(*at))
                .unwrap();
            let (picc, mac) = text.split_at(cut.min(text.len()));
            let found = verify_with(
                Page {
                    picc,
                    signed: "",
                    mac,
                },
                &meta,
                |_| Ok(file.clone()),
            );
            let whole = (picc, mac) == (page(case).picc, page(case).mac);
            let same = picc.eq_ignore_ascii_case(page(case).picc)
                && mac.eq_ignore_ascii_case(page(case).mac);
            assert!(
                found.is_err() || whole || same,
                "round {round} of seed {chosen}: {picc} {mac}"
            );
        }
    }
}
