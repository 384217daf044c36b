//! Where in a document the compiler is, so that a fault can name its place.

use super::super::{DocumentError, DocumentFault};
use crate::RuleId;

/// A place in a document.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    rule: Option<&'a RuleId>,
    path: String,
}

impl<'a> Place<'a> {
    /// The document itself.
    pub(super) const fn top() -> Self {
        Self {
            rule: None,
            path: String::new(),
        }
    }

    /// The same place, known to be within a rule.
    pub(super) fn of_rule(self, rule: &'a RuleId) -> Self {
        Self {
            rule: Some(rule),
            ..self
        }
    }

    /// A field of this place.
    pub(super) fn field(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Self {
            rule: self.rule,
            path,
        }
    }

    /// One of the list at this place.
    pub(super) fn at(&self, index: usize) -> Self {
        Self {
            rule: self.rule,
            path: format!("{}[{index}]", self.path),
        }
    }

    /// Another place of the document, that this one refers to.
    pub(super) fn elsewhere(&self, path: &str) -> Self {
        Self {
            rule: self.rule,
            path: path.to_owned(),
        }
    }

    /// As it is written.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A fault here.
    pub(super) fn fault(&self, fault: DocumentFault) -> DocumentError {
        DocumentError {
            rule: self.rule.cloned(),
            path: self.path.clone(),
            fault,
        }
    }

    /// A fault here, unless `right`.
    pub(super) fn check(&self, right: bool, fault: DocumentFault) -> Result<(), DocumentError> {
        if right {
            Ok(())
        } else {
            Err(self.fault(fault))
        }
    }

    /// A fault here if a number is out of its range.
    pub(super) fn range(&self, found: i64, least: i64, most: i64) -> Result<(), DocumentError> {
        let fault = DocumentFault::Range { found, least, most };
        self.check((least..=most).contains(&found), fault)
    }
}
