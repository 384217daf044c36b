//! The bytes of a vault file: Argon2id makes a key of the passphrase, AES-256-GCM seals the content,
//! SHA-256 over all of it tells damage from a wrong passphrase.
//!
//! `TILLSIDE-KEYS` ‖ version 1 ‖ memory, passes, lanes (4 bytes each, little endian) ‖ salt 16 ‖
//! nonce 12 ‖ sealed content ‖ SHA-256 of everything before it. All before the content is
//! authenticated with it.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use zeroize::Zeroizing;

use super::unavailable;
use crate::VaultError;

const MAGIC: &[u8] = b"TILLSIDE-KEYS";
const VERSION: u8 = 1;
const SALT: usize = 16;
const HEADER: usize = MAGIC.len() + 1 + 12 + SALT;
/// OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
const COST: [u32; 3] = [19 * 1024, 2, 1];
/// Costs above these are no vault of ours: a damaged file must not take all memory.
const COST_LIMIT: [u32; 3] = [256 * 1024, 16, 4];

/// The key that seals a file, and the salt and cost that made it from the passphrase.
pub(super) struct Seal {
    key: Zeroizing<[u8; 32]>,
    header: [u8; HEADER],
}

impl Seal {
    /// A new one, with a new salt.
    pub(super) fn new(passphrase: &str) -> Result<Self, VaultError> {
        let mut header = [0; HEADER];
        let (fixed, salt) = header.split_at_mut(HEADER - SALT);
        let cost = COST.map(u32::to_le_bytes);
        fixed.copy_from_slice(&[MAGIC, &[VERSION], cost.as_flattened()].concat());
        aws_lc_rs::rand::fill(salt).map_err(unavailable)?;
        let key = key(passphrase, COST, salt).map_err(unavailable)?;
        Ok(Self { key, header })
    }

    /// Opens `bytes`; `what` is the file's name for errors.
    pub(super) fn open(
        bytes: &[u8],
        passphrase: &str,
        what: &str,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), VaultError> {
        let damaged = || VaultError::Damaged {
            what: what.to_owned(),
            source: None,
        };
        // The version first: another one may have another digest.
        match bytes.strip_prefix(MAGIC) {
            Some([VERSION, ..]) => {}
            Some([found, ..]) => {
                return Err(VaultError::OtherVersion {
                    what: what.to_owned(),
                    found: *found,
                    known: VERSION,
                });
            }
            _ => return Err(damaged()),
        }
        let (body, check) = bytes
            .split_last_chunk::<SHA256_OUTPUT_LEN>()
            .ok_or_else(damaged)?;
        if digest(&SHA256, body).as_ref() != check {
            return Err(damaged());
        }
        let (header, rest) = body.split_first_chunk::<HEADER>().ok_or_else(damaged)?;
        let (nonce, content) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let cost = cost_of(header).ok_or_else(damaged)?;
        let key = key(passphrase, cost, &header[HEADER - SALT..]).map_err(unavailable)?;
        let seal = Self {
            key,
            header: *header,
        };
        let mut content = Zeroizing::new(content.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = seal
            .cipher()?
            .open_in_place(nonce, Aad::from(header), &mut content)
            .map_err(|_| VaultError::Locked)?
            .len();
        content.truncate(length);
        Ok((seal, content))
    }

    /// The bytes of a file with `content`, under a new nonce.
    pub(super) fn close(&self, content: Zeroizing<String>) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(unavailable)?;
        let mut body = [self.header.as_slice(), &nonce].concat();
        let mut content = Zeroizing::new(content.as_bytes().to_vec());
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&self.header),
                &mut *content,
            )
            .map_err(unavailable)?;
        body.extend_from_slice(&content);
        let check = digest(&SHA256, &body);
        body.extend_from_slice(check.as_ref());
        Ok(body)
    }

    fn cipher(&self) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, self.key.as_ref()).map_err(unavailable)?;
        Ok(LessSafeKey::new(key))
    }
}

fn cost_of(header: &[u8; HEADER]) -> Option<[u32; 3]> {
    let (words, _) = header[MAGIC.len() + 1..].as_chunks::<4>();
    let cost = [words[0], words[1], words[2]].map(u32::from_le_bytes);
    let within = cost
        .iter()
        .zip(COST_LIMIT)
        .all(|(cost, limit)| *cost <= limit);
    within.then_some(cost)
}

fn key(
    passphrase: &str,
    [memory, passes, lanes]: [u32; 3],
    salt: &[u8],
) -> Result<Zeroizing<[u8; 32]>, argon2::Error> {
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(memory, passes, lanes, Some(32))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        passphrase.as_bytes(),
        salt,
        key.as_mut(),
    )?;
    Ok(key)
}
