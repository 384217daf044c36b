//! Published examples, read from `tests/vectors`. For tests only.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::Value;

/// One file of examples.
pub(crate) fn of(file: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/vectors")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// The bytes of a hex text.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex(value.as_str().unwrap_or_else(|| panic!("no text: {value}")))
}

/// The bytes of a hex text, blanks between them allowed.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    assert!(digits.len().is_multiple_of(2), "{text}");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// What a chip answers to a raw frame in hex, in hex; `ack`, `nak`, `-` for nothing, `dead`.
pub(crate) fn raw(chip: &mut dyn super::Chip, frame: &str) -> String {
    said(chip.raw(&hex(frame)))
}

/// As [`raw`], for an APDU.
pub(crate) fn apdu(chip: &mut dyn super::Chip, apdu: &str) -> String {
    said(chip.apdu(&hex(apdu)))
}

fn said(reply: super::ChipReply) -> String {
    match reply {
        super::ChipReply::Data(data) => text(&data),
        super::ChipReply::Ack => "ack".into(),
        super::ChipReply::Nak => "nak".into(),
        super::ChipReply::Silence => "-".into(),
        super::ChipReply::Dead => "dead".into(),
    }
}

/// Bytes as upper-case hex.
pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
