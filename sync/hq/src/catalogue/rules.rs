//! The rule document: read, and checked with the code that the tills run.

use tillside_core::RuleBook;
use tillside_core::engine::lint::{Largest, Warning, WorstCase, lint, worst_cases};
use tillside_core::engine::{Document, DocumentError, DocumentFault};

/// Why a rule document is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// It is not a rule document.
    #[error("the file is not a rule document: line {line}, character {column}{}: {reason}", at(.path))]
    Unreadable {
        /// Line, from 1.
        line: usize,
        /// Character, from 1.
        column: usize,
        /// The place in the document; `?` if it cannot be said.
        path: String,
        /// What was expected there.
        reason: String,
    },
    /// Its rules contradict each other, pass a limit, or ask for what no till can do.
    #[error("the rules cannot be used")]
    Rules(#[source] DocumentError),
}

fn at(path: &str) -> String {
    match path {
        "?" | "." => String::new(),
        path => format!(", at {path}"),
    }
}

/// Reads and checks a rule document, of layout 2 or 1.
pub fn rules(bytes: &[u8]) -> Result<Document, RulesError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document = Document::read(bytes).map_err(|error| match error.fault {
        DocumentFault::Unreadable(fault) => {
            let whole = fault.to_string();
            let reason = whole.split(" at line ").next().unwrap_or(&whole);
            RulesError::Unreadable {
                line: fault.line(),
                column: fault.column(),
                path: error.path,
                reason: reason.to_owned(),
            }
        }
        _ => RulesError::Rules(error),
    })?;
    RuleBook::of(1, &document).map_err(RulesError::Rules)?;
    Ok(document)
}

/// What whoever writes rules should know of a document that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesReport {
    /// What they may not have meant.
    pub warnings: Vec<Warning>,
    /// What the rules give at most.
    pub worst: Vec<WorstCase>,
}

/// Says what a document will do at worst, with baskets no larger than `largest`.
pub fn rules_report(document: &Document, largest: Largest) -> RulesReport {
    RulesReport {
        warnings: lint(document),
        worst: worst_cases(document, largest),
    }
}
