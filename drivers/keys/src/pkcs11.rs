//! A vault that is a PKCS#11 token (a hardware security module, a smart card, SoftHSM): card keys are
//! made inside it, and master keys never come into this program's memory.
//!
//! A master key is an AES-128 secret key with the label `tillside:<role>:<version>`, sensitive and not
//! extractable, which may sign (AES-CMAC) and nothing else. A key of that label that could be read out
//! is not used. The token's PIN is passed in, and kept to log in again after the token was unplugged.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::types::AuthPin;

use crate::{
    CardKey, Diversification, HeldKey, KeyPackage, KeyRole, KeyVault, VaultError, VaultKind,
};

const PREFIX: &str = "tillside:";

/// A library is initialised once in a process, whoever uses it: the loaded ones, by path.
static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

/// A logged-in token. See the module.
pub struct Pkcs11Vault {
    module: Pkcs11,
    token: String,
    pin: AuthPin,
    session: Mutex<Login>,
}

enum Login {
    In(Session),
    /// At the start, and after the token failed: the next call logs in.
    Out,
    /// The PIN was refused. A token locks itself after a few wrong ones: it is never tried again.
    Refused,
}

impl Pkcs11Vault {
    /// Loads the PKCS#11 library `module` and logs in to the token with the label `token`.
    ///
    /// # Errors
    /// `NoToken` if the library cannot be loaded or has no such token, `Locked` for a wrong PIN,
    /// `Unavailable` for anything else.
    pub fn open(module: &Path, token: &str, pin: &str) -> Result<Self, VaultError> {
        let vault = Self {
            module: loaded(module)?,
            token: token.to_owned(),
            pin: AuthPin::new(pin.into()),
            session: Mutex::new(Login::Out),
        };
        vault.with(|_| Ok(()))?;
        Ok(vault)
    }

    /// Makes a new master key inside the token.
    ///
    /// # Errors
    /// `Differs` if role and version are held; else as [`Pkcs11Vault::open`].
    pub fn generate(&self, role: KeyRole, version: u8) -> Result<(), VaultError> {
        self.with(|session| {
            absent(session, role, version)?;
            let mut template = template(role, version);
            template.push(Attribute::ValueLen(16.into()));
            session
                .generate_key(&Mechanism::AesKeyGen, &template)
                .map(drop)
                .map_err(failed)
        })
    }

    /// Puts the keys of `package` into the token: for the move from a development vault. The package
    /// is in this program's memory; destroy it.
    ///
    /// # Errors
    /// `Differs` if one of them is held, before anything is written (a token cannot be asked whether
    /// the value is the same); else as [`Pkcs11Vault::open`], and then some keys may be in.
    pub fn import(&self, package: &KeyPackage) -> Result<(), VaultError> {
        self.with(|session| {
            for held in package.keys().keys() {
                absent(session, held.role, held.version)?;
            }
            for (held, key) in package.keys() {
                let mut template = template(held.role, held.version);
                template.push(Attribute::Value(key.bytes().to_vec()));
                let made = session.create_object(&template);
                // The copy that the library was given.
                if let Some(Attribute::Value(copy)) = template.last_mut() {
                    zeroize::Zeroize::zeroize(copy);
                }
                made.map_err(failed)?;
            }
            Ok(())
        })
    }

    /// Destroys a master key. Cards that have no newer one cannot be read any more.
    ///
    /// # Errors
    /// `NotHeld`; else as [`Pkcs11Vault::open`].
    pub fn remove(&self, role: KeyRole, version: u8) -> Result<(), VaultError> {
        self.with(|session| {
            let found = find(session, role, version)?;
            if found.is_empty() {
                return Err(VaultError::NotHeld { role, version });
            }
            found
                .into_iter()
                .try_for_each(|key| session.destroy_object(key).map_err(failed))
        })
    }

    /// Runs `work` in a logged-in session; after a failure of the token, with a new one next time.
    fn with<T>(
        &self,
        work: impl FnOnce(&Session) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut slot: MutexGuard<'_, Login> =
            self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match std::mem::replace(&mut *slot, Login::Out) {
            Login::In(session) if logged_in(&session) => session,
            Login::In(_) | Login::Out => self.log_in().inspect_err(|error| {
                if matches!(error, VaultError::Locked) {
                    *slot = Login::Refused;
                }
            })?,
            Login::Refused => {
                *slot = Login::Refused;
                return Err(VaultError::Locked);
            }
        };
        let result = work(&session);
        if !result.as_ref().is_err_and(VaultError::is_retryable) {
            *slot = Login::In(session);
        }
        result
    }

    fn log_in(&self) -> Result<Session, VaultError> {
        let slots = self.module.get_slots_with_initialized_token();
        let slot = slots.map_err(failed)?.into_iter().find(|slot| {
            let info = self.module.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.token)
        });
        let slot = slot.ok_or_else(|| VaultError::NoToken {
            what: self.token.clone(),
            source: None,
        })?;
        let session = self.module.open_rw_session(slot).map_err(failed)?;
        match session.login(UserType::User, Some(&self.pin)) {
            // A login is the whole process's: another vault of this token may have made it.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(Error::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked,
                _,
            )) => Err(VaultError::Locked),
            Err(error) => Err(failed(error)),
        }
    }
}

impl KeyVault for Pkcs11Vault {
    fn kind(&self) -> VaultKind {
        VaultKind::Pkcs11
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        self.with(|session| {
            let class = [Attribute::Class(ObjectClass::SECRET_KEY)];
            let mut held = Vec::new();
            for key in session.find_objects(&class).map_err(failed)? {
                let found = session.get_attributes(key, &[AttributeType::Label]);
                if let Some(Attribute::Label(label)) = found.map_err(failed)?.first() {
                    held.extend(read_label(label));
                }
            }
            held.sort_unstable();
            held.dedup();
            Ok(held)
        })
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        self.with(|session| {
            let master = match find(session, role, version)?.as_slice() {
                [] => return Err(VaultError::NotHeld { role, version }),
                [master] => *master,
                // Which of them made the cards cannot be known.
                _ => return Err(damaged(label(role, version))),
            };
            stays_inside(session, master, role, version)?;
            let mac = session.sign(&Mechanism::AesCMac, master, input.message());
            let mut mac = mac.map_err(failed)?;
            let key = <[u8; 16]>::try_from(mac.as_slice());
            zeroize::Zeroize::zeroize(&mut mac);
            key.map(CardKey::new)
                .map_err(|_| damaged(label(role, version)))
        })
    }
}

/// Shows which token, never the PIN.
impl std::fmt::Debug for Pkcs11Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Vault")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// A token that was unplugged, or logged out by other code of this process, would show no keys: that
/// must not read as "not held".
fn logged_in(session: &Session) -> bool {
    let info = session.get_session_info();
    info.is_ok_and(|info| matches!(info.session_state(), SessionState::RwUser))
}

fn loaded(path: &Path) -> Result<Pkcs11, VaultError> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = modules.iter().find(|(known, _)| known == path) {
        return Ok(module.clone());
    }
    let no_token = |source: Error| VaultError::NoToken {
        what: path.display().to_string(),
        source: Some(Box::new(source)),
    };
    let module = Pkcs11::new(path).map_err(no_token)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(no_token(error)),
    }
    modules.push((path.to_owned(), module.clone()));
    Ok(module)
}

fn label(role: KeyRole, version: u8) -> String {
    format!("{PREFIX}{role}:{version}")
}

fn read_label(label: &[u8]) -> Option<HeldKey> {
    let name = std::str::from_utf8(label).ok()?.strip_prefix(PREFIX)?;
    let (role, version) = name.split_once(':')?;
    Some(HeldKey {
        role: KeyRole::named(role)?,
        version: version.parse().ok()?,
    })
}

/// What every master key is: it may sign, and never leaves.
fn template(role: KeyRole, version: u8) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Label(label(role, version).into_bytes()),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Verify(false),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ]
}

fn find(session: &Session, role: KeyRole, version: u8) -> Result<Vec<ObjectHandle>, VaultError> {
    let wanted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Label(label(role, version).into_bytes()),
    ];
    session.find_objects(&wanted).map_err(failed)
}

fn absent(session: &Session, role: KeyRole, version: u8) -> Result<(), VaultError> {
    match find(session, role, version)?.as_slice() {
        [] => Ok(()),
        _ => Err(VaultError::Differs { role, version }),
    }
}

/// Refuses a key that the token would give out.
fn stays_inside(
    session: &Session,
    key: ObjectHandle,
    role: KeyRole,
    version: u8,
) -> Result<(), VaultError> {
    let asked = [AttributeType::Sensitive, AttributeType::Extractable];
    let found = session.get_attributes(key, &asked).map_err(failed)?;
    let inside = [Attribute::Sensitive(true), Attribute::Extractable(false)];
    if inside.iter().all(|attribute| found.contains(attribute)) {
        return Ok(());
    }
    Err(VaultError::Exposed {
        label: label(role, version),
    })
}

fn failed(source: Error) -> VaultError {
    VaultError::Unavailable {
        source: Box::new(source),
    }
}

fn damaged(what: String) -> VaultError {
    VaultError::Damaged { what, source: None }
}
