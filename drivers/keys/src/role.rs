//! What a key may be used for.

/// What a key may do. The numbers of a DESFire application's keys are those of the card layout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum KeyRole {
    /// K0: everything, to personalise and to change keys. Kept at the personalisation desk only.
    Master,
    /// K1: reads the member file and the log. Every till.
    Identify,
    /// K2: debits, writes log and last transaction, commits. Tills that take e-money.
    Pay,
    /// K3: credits. Top-up desks only.
    TopUp,
    /// K4: freezes and unfreezes, corrects.
    Administer,
    /// K5: spare, for a key roll.
    Spare,
    /// The card's own master key (PICC level), to personalise.
    Picc,
    /// Reads the real number of a card that shows a random one. The same for the whole chain, derived
    /// from its master with a UID of zeros.
    CardNumber,
    /// The key under a card's transaction MACs. HQ, and the personalisation desk, only.
    TransactionMac,
    /// MIFARE Ultralight AES: the data protection key.
    UltralightData,
    /// NTAG 424 DNA: the key a till authenticates with (application key 1).
    NtagIdentify,
    /// NTAG 424 DNA: decrypts the mirrored UID and counter (SDM meta read key). Chain-wide, as CardNumber.
    SdmMeta,
    /// NTAG 424 DNA: the key under a mirrored message (SDM file read key).
    SdmFile,
    /// FeliCa Lite-S: the card key (CK).
    FelicaCard,
}

impl KeyRole {
    /// Every role.
    pub const ALL: [KeyRole; 14] = [
        KeyRole::Master,
        KeyRole::Identify,
        KeyRole::Pay,
        KeyRole::TopUp,
        KeyRole::Administer,
        KeyRole::Spare,
        KeyRole::Picc,
        KeyRole::CardNumber,
        KeyRole::TransactionMac,
        KeyRole::UltralightData,
        KeyRole::NtagIdentify,
        KeyRole::SdmMeta,
        KeyRole::SdmFile,
        KeyRole::FelicaCard,
    ];

    /// The name in files and on screens: stable, snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyRole::Master => "master",
            KeyRole::Identify => "identify",
            KeyRole::Pay => "pay",
            KeyRole::TopUp => "top_up",
            KeyRole::Administer => "administer",
            KeyRole::Spare => "spare",
            KeyRole::Picc => "picc",
            KeyRole::CardNumber => "card_number",
            KeyRole::TransactionMac => "transaction_mac",
            KeyRole::UltralightData => "ultralight_data",
            KeyRole::NtagIdentify => "ntag_identify",
            KeyRole::SdmMeta => "sdm_meta",
            KeyRole::SdmFile => "sdm_file",
            KeyRole::FelicaCard => "felica_card",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The number that goes into the diversification input: the key's number on the card for K0 to K5,
    /// and one of our own from 0x10 on for the others, so that no two roles share an input.
    pub const fn number(self) -> u8 {
        match self {
            KeyRole::Master => 0,
            KeyRole::Identify => 1,
            KeyRole::Pay => 2,
            KeyRole::TopUp => 3,
            KeyRole::Administer => 4,
            KeyRole::Spare => 5,
            KeyRole::Picc => 0x10,
            KeyRole::CardNumber => 0x11,
            KeyRole::TransactionMac => 0x12,
            KeyRole::UltralightData => 0x20,
            KeyRole::NtagIdentify => 0x21,
            KeyRole::SdmMeta => 0x22,
            KeyRole::SdmFile => 0x23,
            KeyRole::FelicaCard => 0x30,
        }
    }
}

impl std::fmt::Display for KeyRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
