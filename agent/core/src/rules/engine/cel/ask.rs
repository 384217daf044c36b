//! What an expression comes to, step by step.

use super::facts::{CelFacts, Fact};
use super::node::{Comparison, Node};
use super::{CEL_STEP_LIMIT, Expression, Variable};

/// Why an expression came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CelFailure {
    /// Something that it names is not known of this basket.
    #[error("something that it asks for is not known")]
    NotKnown,
    /// A number left the range of 64 bits, or was divided by zero.
    #[error("a number in it became too large, or was divided by zero")]
    OutOfRange,
    /// It took more than [`CEL_STEP_LIMIT`] steps.
    #[error("it has too much to look through in this basket")]
    Steps,
}

/// Whether an expression holds, or why that cannot be said.
pub(in super::super) fn ask(
    expression: &Expression,
    facts: CelFacts<'_>,
) -> Result<bool, CelFailure> {
    let mut asking = Asking {
        facts,
        steps_left: CEL_STEP_LIMIT,
    };
    asking.truth(&expression.root)
}

struct Asking<'a> {
    facts: CelFacts<'a>,
    steps_left: usize,
}

/// What one part comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Truth(bool),
    Number(i64),
    Text(&'a str),
}

impl<'a> Asking<'a> {
    fn step(&mut self, steps: usize) -> Result<(), CelFailure> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.ok_or(CelFailure::Steps)?;
        Ok(())
    }

    /// Kinds were checked: that a part is of another never comes about.
    fn truth(&mut self, node: &'a Node) -> Result<bool, CelFailure> {
        match self.value(node)? {
            Value::Truth(truth) => Ok(truth),
            _ => Err(CelFailure::NotKnown),
        }
    }

    fn number(&mut self, node: &'a Node) -> Result<i64, CelFailure> {
        match self.value(node)? {
            Value::Number(number) => Ok(number),
            _ => Err(CelFailure::NotKnown),
        }
    }

    fn value(&mut self, node: &'a Node) -> Result<Value<'a>, CelFailure> {
        self.step(1)?;
        Ok(match node {
            Node::Truth(truth) => Value::Truth(*truth),
            Node::Number(number) => Value::Number(*number),
            Node::Text(text) => Value::Text(text),
            Node::Variable(variable) => self.variable(*variable).ok_or(CelFailure::NotKnown)?,
            Node::Not(part) => Value::Truth(!self.truth(part)?),
            Node::Negate(part) => {
                let negated = self.number(part)?.checked_neg();
                Value::Number(negated.ok_or(CelFailure::OutOfRange)?)
            }
            Node::All(parts) => Value::Truth(self.until(parts, false)?),
            Node::Any(parts) => Value::Truth(self.until(parts, true)?),
            Node::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let taken = if self.truth(condition)? {
                    then
                } else {
                    otherwise
                };
                self.value(taken)?
            }
            Node::Compare(comparison, both) => {
                let [a, b] = &**both;
                Value::Truth(self.compare(*comparison, a, b)?)
            }
            Node::Calculate(operation, both) => {
                let [a, b] = &**both;
                let (a, b) = (self.number(a)?, self.number(b)?);
                Value::Number(operation.of(a, b).ok_or(CelFailure::OutOfRange)?)
            }
            Node::OneOf(part, list) => {
                let wanted = self.value(part)?;
                let mut found = false;
                for one in list {
                    found |= self.value(one)? == wanted;
                }
                Value::Truth(found)
            }
            Node::In(part, list) => {
                let wanted = self.value(part)?;
                let Some(Fact::List(list)) = self.facts.of(*list) else {
                    return Err(CelFailure::NotKnown);
                };
                self.step(list.len())?;
                Value::Truth(list.into_iter().any(|one| Value::Text(one) == wanted))
            }
        })
    }

    fn variable(&self, variable: Variable) -> Option<Value<'a>> {
        match self.facts.of(variable)? {
            Fact::Truth(truth) => Some(Value::Truth(truth)),
            Fact::Number(number) => Some(Value::Number(number)),
            Fact::Text(text) => Some(Value::Text(text)),
            Fact::List(_) => None,
        }
    }

    /// `decides` if any part comes to it, whatever fails in the others; else the other, unless one failed.
    fn until(&mut self, parts: &'a [Node], decides: bool) -> Result<bool, CelFailure> {
        let mut failure = None;
        for part in parts {
            match self.truth(part) {
                Ok(truth) if truth == decides => return Ok(decides),
                Ok(_) => {}
                Err(CelFailure::Steps) => return Err(CelFailure::Steps),
                Err(failed) => failure = failure.or(Some(failed)),
            }
        }
        failure.map_or(Ok(!decides), Err)
    }

    fn compare(&mut self, by: Comparison, a: &'a Node, b: &'a Node) -> Result<bool, CelFailure> {
        let (a, b) = (self.value(a)?, self.value(b)?);
        let order = match (a, b) {
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(&b)),
            _ => None,
        };
        Ok(match by {
            Comparison::Same => a == b,
            Comparison::Different => a != b,
            Comparison::Less => order.is_some_and(|order| order.is_lt()),
            Comparison::AtMost => order.is_some_and(|order| order.is_le()),
            Comparison::More => order.is_some_and(|order| order.is_gt()),
            Comparison::AtLeast => order.is_some_and(|order| order.is_ge()),
        })
    }
}
