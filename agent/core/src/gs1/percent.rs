//! Percent-encoding as web addresses use it (RFC 3986, section 2).

/// Decodes `%` and two hex digits; `None` if a `%` stands alone or the bytes are no UTF-8.
/// A `+` stays a `+`: a blank is in no GS1 character set.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'%', high, low, rest @ ..] => {
                let digit = |b: &u8| char::from(*b).to_digit(16);
                let byte = digit(high)? * 16 + digit(low)?;
                bytes.push(u8::try_from(byte).ok()?);
                rest
            }
            [b'%', ..] => return None,
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

/// Encodes everything but the unreserved characters of RFC 3986, section 2.3.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let text: String = (0..128u8).map(char::from).chain("é€".chars()).collect();
        assert_eq!(decode(&encode(&text)), Some(text));
        assert_eq!(decode("a%2fb%2Bc+d").as_deref(), Some("a/b+c+d"));
        for bad in ["%", "%2", "%zz", "%ff", "a%"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
