//! Keys of the chain: one master key for each role, in this process.

use tillside_keys::{
    CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind, aes_cmac,
};

/// The only version of its keys.
const VERSION: u8 = 1;

/// A vault that holds every role.
#[derive(Debug)]
pub struct ChainVault;

impl KeyVault for ChainVault {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        let version = VERSION;
        Ok(KeyRole::ALL.map(|role| HeldKey { role, version }).to_vec())
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        if version != VERSION {
            return Err(VaultError::NotHeld { role, version });
        }
        let mut master = *b"a master key of ";
        master[15] = role.number();
        Ok(CardKey::new(aes_cmac(&master, input.message())))
    }
}
