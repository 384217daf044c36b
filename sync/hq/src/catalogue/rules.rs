//! The rule document: read, and checked with the code that the tills run.

use tillside_core::{RuleBook, RuleDocument, RuleError};

/// Why a rule document is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// It is not a rule document.
    #[error("the file is not a rule document: line {line}, character {column}: {reason}")]
    Unreadable {
        /// Line, from 1.
        line: usize,
        /// Character, from 1.
        column: usize,
        /// What was expected there.
        reason: String,
    },
    /// Its rules contradict each other or pass a limit.
    #[error("the rules cannot be used")]
    Rules(#[source] RuleError),
}

/// Reads and checks a rule document.
pub fn rules(bytes: &[u8]) -> Result<RuleDocument, RulesError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: RuleDocument = serde_json::from_slice(bytes).map_err(|error| {
        let whole = error.to_string();
        let reason = whole.split(" at line ").next().unwrap_or(&whole);
        RulesError::Unreadable {
            line: error.line(),
            column: error.column(),
            reason: reason.to_owned(),
        }
    })?;
    RuleBook::compile(1, &document).map_err(RulesError::Rules)?;
    Ok(document)
}
