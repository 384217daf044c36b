//! A card's memory in lines for a person: what is in it, and of its keys only which there are.

use std::fmt::Write;

use serde_json::{Map, Value};

/// What keys are called in a memory.
const SECRET: &str = "key";
/// What tells cards apart.
const NAMES: [&str; 3] = ["chip", "uid", "idm"];
/// Bytes of one line of content.
const LINE: usize = 16;

/// Everything in a memory, a thing a line.
pub(crate) fn describe(memory: &Value) -> String {
    let mut out = String::new();
    if let Value::Object(fields) = memory {
        // What tells cards apart comes first.
        for name in NAMES {
            if let Some(value) = fields.get(name) {
                line(&mut out, 0, name, value);
            }
        }
        let rest = fields.iter();
        for (name, value) in rest.filter(|(name, _)| !NAMES.contains(&name.as_str())) {
            line(&mut out, 0, name, value);
        }
    }
    out
}

fn object(out: &mut String, depth: usize, fields: &Map<String, Value>) {
    for (name, value) in fields {
        line(out, depth, name, value);
    }
}

fn line(out: &mut String, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    let label = name.replace('_', " ");
    let _ = match value {
        _ if is_secret(name, value) => writeln!(out, "{indent}{label}: (not shown)"),
        Value::Null => Ok(()),
        Value::Object(inner) => {
            let _ = writeln!(out, "{indent}{label}:");
            object(out, depth + 1, inner);
            Ok(())
        }
        Value::Array(items) => {
            list(out, depth, &label, items);
            Ok(())
        }
        Value::String(text) if text.len() > 2 * LINE && is_hex(text) => {
            writeln!(out, "{indent}{label}:{}", dump(text, depth + 1))
        }
        Value::String(text) => writeln!(out, "{indent}{label}: {text}"),
        // Read, write, both, change: a digit each.
        Value::Number(number) if label == "rights" => {
            let word = number.as_u64().unwrap_or(0);
            writeln!(out, "{indent}{label}: {word:04X}")
        }
        other => writeln!(out, "{indent}{label}: {other}"),
    };
}

fn list(out: &mut String, depth: usize, label: &str, items: &[Value]) {
    let indent = "  ".repeat(depth);
    if items.is_empty() {
        let _ = writeln!(out, "{indent}{label}: none");
    }
    for (index, item) in items.iter().enumerate() {
        let _ = match item {
            Value::Object(fields) => {
                let _ = writeln!(out, "{indent}{label} {index}:");
                object(out, depth + 1, fields);
                Ok(())
            }
            Value::String(text) => writeln!(out, "{indent}{label} {index}: {text}"),
            other => writeln!(out, "{indent}{label} {index}: {other}"),
        };
    }
}

fn is_secret(name: &str, value: &Value) -> bool {
    value.is_string() && name == SECRET
}

fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Lines of bytes with their place. Lines of zeros are left out, and that is said.
fn dump(text: &str, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut out = String::new();
    let mut left_out = 0;
    for (index, line) in text.as_bytes().chunks(2 * LINE).enumerate() {
        if line.iter().all(|digit| *digit == b'0') {
            left_out += line.len() / 2;
            continue;
        }
        let line = String::from_utf8_lossy(line);
        let _ = write!(out, "\n{indent}{:04X}  {line}", index * LINE);
    }
    if left_out > 0 {
        let _ = write!(out, "\n{indent}({left_out} bytes of zeros)");
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn content_is_shown_and_keys_are_not() {
        let memory = json!({
            "uid": "04A1",
            "keys": [{"key": "00112233", "version": 3}],
            "files": {"1": {"rights": 0x1FFF, "data": format!("{}{}AB", "00".repeat(16), "11".repeat(16))}},
            "records": [],
            "iso": null,
        });
        let text = describe(&memory);
        for part in [
            "uid: 04A1\n",
            "keys 0:\n  key: (not shown)\n  version: 3\n",
            "rights: 1FFF",
            "0010  1111",
            "0020  AB",
            "(16 bytes of zeros)",
            "records: none",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("00112233") && !text.contains("iso"));
    }

    #[test]
    fn no_fresh_card_shows_a_key() {
        for entry in crate::catalogue() {
            let text = crate::SavedCard::fresh(&entry.card.parse().unwrap()).describe();
            assert!(text.starts_with("chip: "), "{text}");
            let key = text
                .lines()
                .find(|line| line.trim_start().starts_with("key: "));
            assert!(
                key.is_none_or(|line| line.ends_with("(not shown)")),
                "{text}"
            );
        }
    }
}
