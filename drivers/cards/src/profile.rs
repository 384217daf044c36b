//! What a reader can do, as data: one row a model, found by the reader's name.
//!
//! The rows come from the makers' manuals; a correction is one line here. A reader that is not in
//! the table is taken to know the pseudo-APDUs of PC/SC part 3 and nothing else.

/// How a reader sends a raw frame to the card, past its own idea of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawFrame {
    /// It cannot.
    None,
    /// `FF 00 00 00 Lc D4 42 …`: InCommunicateThru of the PN532 inside (ACR122U API manual).
    Pn532,
    /// `FF C2 …`: a transparent session (PC/SC part 3, supplement 2.02).
    TransparentSession,
}

/// One reader model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderProfile {
    /// The maker's name for the model.
    pub model: &'static str,
    /// A part of the name that PC/SC gives the reader.
    name_contains: &'static str,
    /// Speaks ISO 14443-4 with cards that do.
    pub iso14443_4: bool,
    /// Answers `FF CA/B0/D6/82/86` for storage cards.
    pub storage_pseudo_apdu: bool,
    /// How it sends raw frames.
    pub raw_frame: RawFrame,
}

const fn row(
    model: &'static str,
    name_contains: &'static str,
    raw_frame: RawFrame,
) -> ReaderProfile {
    ReaderProfile {
        model,
        name_contains,
        iso14443_4: true,
        storage_pseudo_apdu: true,
        raw_frame,
    }
}

/// The models we know. Their raw-frame column is from manuals, and measured on none (unverified)
/// but the simulated ACR122U and ACR1252U.
const KNOWN: [ReaderProfile; 9] = [
    row("ACS ACR122U", "ACR122", RawFrame::Pn532),
    row("ACS ACR1252U", "ACR1252", RawFrame::TransparentSession),
    row("ACS ACR1255U", "ACR1255", RawFrame::TransparentSession),
    row(
        "Identiv uTrust 3700F",
        "uTrust 3700",
        RawFrame::TransparentSession,
    ),
    row(
        "HID OMNIKEY 5022",
        "OMNIKEY 5022",
        RawFrame::TransparentSession,
    ),
    row(
        "HID OMNIKEY 5427",
        "OMNIKEY 5427",
        RawFrame::TransparentSession,
    ),
    // Sony's readers carry raw frames in commands of their own, which we do not know. The RC-S380 calls
    // itself by its series.
    row("Sony RC-S380", "PaSoRi", RawFrame::None),
    row("Sony RC-S300", "RC-S300", RawFrame::None),
    // The libnfc backend speaks the same words as an ACR122U; its name is the connection string.
    row("PN532 on a serial port", "pn532_uart:", RawFrame::Pn532),
];

const UNKNOWN: ReaderProfile = row("unknown reader", "", RawFrame::None);

impl ReaderProfile {
    /// The profile of the reader that PC/SC calls `name`.
    pub fn of(name: &str) -> &'static ReaderProfile {
        KNOWN
            .iter()
            .find(|profile| name.contains(profile.name_contains))
            .unwrap_or(&UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_model_in_the_name() {
        let acr122 = ReaderProfile::of("ACS ACR122U PICC Interface 00 00");
        assert_eq!(acr122.raw_frame, RawFrame::Pn532);
        let acr1252 = ReaderProfile::of("ACS ACR1252 1S CL Reader [ACR1252 Reader PICC] 01 00");
        assert_eq!(acr1252.raw_frame, RawFrame::TransparentSession);
        let board = ReaderProfile::of("pn532_uart:/dev/ttyUSB0");
        assert_eq!(board.raw_frame, RawFrame::Pn532);
        for (name, model) in [
            ("Sony FeliCa Port/PaSoRi 3.0 0", "Sony RC-S380"),
            ("SONY FeliCa RC-S300/P (1234567) 00 00", "Sony RC-S300"),
            ("Gemalto PC Twin 00 00", "unknown reader"),
        ] {
            let profile = ReaderProfile::of(name);
            assert_eq!((profile.model, profile.raw_frame), (model, RawFrame::None));
        }
    }
}
