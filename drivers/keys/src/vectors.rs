//! The public vectors under tests/vectors, for this crate's tests.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

/// One file of vectors.
pub(crate) fn vector(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The bytes of a hex string.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap().as_bytes();
    data_encoding::HEXUPPER_PERMISSIVE.decode(text).unwrap()
}

mod tests {
    use super::{bytes, vector};
    use crate::{Diversification, KeyRole, aes_cmac, same_mac, truncated};

    #[test]
    fn cmac_is_that_of_rfc_4493() {
        let vectors = vector("cmac_rfc4493_and_nist.json");
        let key = bytes(&vectors["aes128"]["key"]).try_into().unwrap();
        let cases = vectors["aes128"]["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        for case in cases {
            let mac = aes_cmac(&key, &bytes(&case["msg"]));
            assert!(same_mac(&mac, &bytes(&case["mac"])));
        }
    }

    #[test]
    fn macs_are_the_same_only_as_a_whole() {
        let mac = truncated(aes_cmac(&[0; 16], b"till"));
        assert!(same_mac(&mac, &mac));
        assert!(!same_mac(&mac, &mac[..7]));
        assert!(!same_mac(&mac, &[]));
        for bit in 0..64 {
            let mut other = mac;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same_mac(&mac, &other), "bit {bit}");
        }
    }

    /// AN10922 prepends 01 and pads to 32 bytes; the case with UID, AID and system identifier is over
    /// 16 bytes, where that is plain CMAC.
    #[test]
    fn diversification_is_that_of_an10922() {
        let vectors = vector("an10922_key_diversification.json");
        let case = &vectors["vectors"][0];
        let master = bytes(&case["master"]).try_into().unwrap();
        let message = [&[0x01], bytes(&case["M"]).as_slice()].concat();
        assert_eq!(
            aes_cmac(&master, &message).as_slice(),
            bytes(&case["derived"])
        );
        // The same through our type, which puts a key number of its own in.
        let uid = bytes(&case["uid"]);
        let aid = bytes(&case["aid"]).try_into().unwrap();
        let ours = Diversification::new(&uid, aid, KeyRole::Identify, b"Tillside").unwrap();
        let expected = [&[0x01], uid.as_slice(), &aid, &[1], b"Tillside"].concat();
        assert_eq!(ours.message(), expected);
    }

    /// The two negative vectors are keys of inputs so short that plain CMAC pads to 16 bytes where
    /// AN10922 pads to 32. Plain CMAC gives the wrong key there, so no such input may exist.
    #[test]
    fn an_input_short_enough_for_the_known_mistake_cannot_be_made() {
        let vectors = vector("an10922_key_diversification.json");
        let negative: Vec<_> = vectors["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|case| case["negative"] == true)
            .collect();
        assert_eq!(negative.len(), 2);
        for case in negative {
            let master = bytes(&case["master"]).try_into().unwrap();
            let message = [&[0x01], bytes(&case["M"]).as_slice()].concat();
            let mistake = aes_cmac(&master, &message);
            assert_eq!(mistake.as_slice(), bytes(&case["derived_with_bug"]));
            assert!(message.len() <= 16);
        }
        for uid in [7, 8, 10] {
            for system_id in 0..40 {
                let made = Diversification::new(
                    &[4; 10][..uid],
                    [1, 2, 3],
                    KeyRole::Pay,
                    &vec![b'x'; system_id],
                );
                if let Ok(made) = made {
                    assert!((17..=32).contains(&made.message().len()));
                }
            }
        }
    }

    #[test]
    fn no_two_roles_share_an_input() {
        let inputs: std::collections::BTreeSet<Vec<u8>> = KeyRole::ALL
            .into_iter()
            .map(|role| Diversification::new(&[4; 7], [1, 2, 3], role, b"Tillside"))
            .map(|made| made.unwrap().message().to_vec())
            .collect();
        assert_eq!(inputs.len(), KeyRole::ALL.len());
    }
}
