//! A look at the text before anything parses it: what conditions do without never reaches the parser,
//! so that its macros, and its stack, are not in play.

use super::read::FUNCTIONS;
use super::{CEL_BRACKET_LIMIT, CEL_DEPTH_LIMIT, CelFault};

/// Refuses functions, maps, comments and escapes, and what nests too deep.
pub(super) fn scan(source: &str) -> Result<(), CelFault> {
    let mut depth = 0usize;
    let mut choices = 0usize;
    // The name that was just read, if a bracket would make it a function.
    let mut name = String::new();
    let mut gap = false;
    let mut text: Option<char> = None;
    let mut before = ' ';
    for (n, c) in source.chars().enumerate() {
        let refuse = |what: &str, instead| {
            Err(CelFault::NotAllowed {
                at: n + 1,
                what: what.to_owned(),
                instead,
            })
        };
        if c == '\\' || (c.is_control() && !c.is_ascii_whitespace()) {
            return refuse("a backslash or control character", "leave it out");
        }
        if let Some(quote) = text {
            if c == quote {
                text = None;
            }
            continue;
        }
        match c {
            '"' | '\'' => text = Some(c),
            '{' | '}' => return refuse("a map", "use the names that conditions know"),
            '`' => return refuse("a quoted name", "use the names that conditions know"),
            '/' if before == '/' => return refuse("a comment", "leave it out"),
            '(' if !name.is_empty() && name != "in" => return refuse("a function", FUNCTIONS),
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '?' => choices += 1,
            _ => {}
        }
        if depth > CEL_BRACKET_LIMIT {
            return Err(CelFault::Brackets);
        }
        if choices > CEL_DEPTH_LIMIT {
            return Err(CelFault::TooDeep);
        }
        if c.is_alphanumeric() || c == '_' {
            if gap {
                name.clear();
            }
            name.push(c);
            gap = false;
        } else if c.is_whitespace() {
            gap = true;
        } else {
            name.clear();
            gap = false;
        }
        before = c;
    }
    Ok(())
}
