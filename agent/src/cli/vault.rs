//! `tillside vault`: the keys for cards that this till holds.

use super::{Failure, Outcome};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use tillside::DataFolder;
use tillside_keys::file::FileVault;
use tillside_keys::pkcs11::Pkcs11Vault;
use tillside_keys::{KeyPackage, VaultSpec, open_vault};

/// The variable with the passphrase or PIN.
pub(super) const SECRET: &str = "TILLSIDE_VAULT_PASSPHRASE";

/// The keys for cards that this till holds.
#[derive(Debug, Args)]
pub(super) struct Vault {
    /// `file:PATH` (development) or `pkcs11:LIBRARY?token=NAME`; the development file in the data
    /// folder if not said. Its passphrase or PIN is in TILLSIDE_VAULT_PASSPHRASE.
    #[arg(
        long = "vault",
        value_name = "SPEC",
        env = "TILLSIDE_VAULT",
        global = true
    )]
    spec: Option<String>,
    #[command(subcommand)]
    command: VaultCommand,
}

#[derive(Debug, Subcommand)]
enum VaultCommand {
    /// Makes an empty development vault: an encrypted file, not for real money.
    Init,
    /// Puts the keys of a package that HQ exported in the vault. Destroy the package then.
    Import {
        /// The package.
        file: PathBuf,
    },
    /// Lists which keys the vault holds, never the keys.
    List,
}

impl Vault {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        match &self.command {
            VaultCommand::Init => self.init(data),
            VaultCommand::Import { file } => self.import(data, file),
            VaultCommand::List => self.list(data),
        }
    }

    fn init(&self, data: &DataFolder) -> Outcome {
        let path = self.file(data)?;
        let secret = secret(data)?;
        FileVault::create(&path, &secret)?;
        println!("A development vault is at {}.", path.display());
        if std::env::var_os(SECRET).is_none() {
            println!(
                "Its passphrase is kept beside it, in {}: who can read the one can read the other.",
                data.vault_passphrase_file().display()
            );
        }
        println!(
            "It is for development and trials. For real money use a key token: --vault pkcs11:…"
        );
        Ok(())
    }

    fn import(&self, data: &DataFolder, file: &std::path::Path) -> Outcome {
        let text = std::fs::read_to_string(file)?;
        let package = KeyPackage::from_json(&text)?;
        let secret = secret(data)?;
        if let Some(VaultSpec::Pkcs11 { module, token }) = self.named()? {
            Pkcs11Vault::open(&module, &token, &secret)?.import(&package)?;
        } else {
            let path = self.file(data)?;
            let mut vault = match path.exists() {
                true => FileVault::open(&path, &secret)?,
                false => FileVault::create(&path, &secret)?,
            };
            vault.import(&package)?;
        }
        println!(
            "{} keys were taken in. Destroy {} now; a running till takes them at its next start.",
            package.held().len(),
            file.display()
        );
        Ok(())
    }

    fn list(&self, data: &DataFolder) -> Outcome {
        let spec = match &self.spec {
            Some(spec) => spec.clone(),
            None => format!("file:{}", data.vault_file().display()),
        };
        let vault = open_vault(&spec, &secret(data)?)?;
        let held = vault.held()?;
        if held.is_empty() {
            println!("The vault is empty.");
        }
        for key in held {
            println!("{}\tversion {}", key.role, key.version);
        }
        Ok(())
    }

    /// The development file.
    fn file(&self, data: &DataFolder) -> Result<PathBuf, Failure> {
        match self.named()? {
            None => Ok(data.vault_file()),
            Some(VaultSpec::File { path }) => Ok(path),
            Some(_) => Err(Failure::said(
                "Only a development file is made by this program. Make the token with its own tools, and import the keys into it.",
            )),
        }
    }

    fn named(&self) -> Result<Option<VaultSpec>, Failure> {
        let named = self.spec.as_deref().map(str::parse::<VaultSpec>);
        Ok(named.transpose()?)
    }
}

/// The passphrase or PIN that was given, or the one that is kept beside the development file.
fn secret(data: &DataFolder) -> Result<String, Failure> {
    match std::env::var(SECRET) {
        Ok(secret) => Ok(secret),
        Err(_) => Ok(data.vault_passphrase()?),
    }
}
