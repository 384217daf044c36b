//! Bytes as upper-case hex in a saved card, so that a person can read and change it.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(
    bytes: &impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text: String = bytes.as_ref().iter().map(|b| format!("{b:02X}")).collect();
    serializer.serialize_str(&text)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .filter(|digits: &Vec<u8>| digits.len().is_multiple_of(2))
        .ok_or_else(|| D::Error::custom(format!("`{text}` is not pairs of hex digits")))?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    let length = bytes.len();
    T::try_from(bytes).map_err(|_| D::Error::custom(format!("{length} bytes do not fit here")))
}
