//! An expression, read and checked.

use super::Variable;
use std::sync::Arc;

/// An expression that comes to true or false.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Expression {
    pub(super) root: Node,
    /// What it names, in its order.
    pub(in super::super) names: Vec<Variable>,
}

/// A part of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Truth(bool),
    Number(i64),
    Text(Arc<str>),
    Variable(Variable),
    Not(Box<Node>),
    Negate(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// If the first then the second, else the third.
    If(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    Calculate(Operation, Box<[Node; 2]>),
    /// The first is one of these.
    OneOf(Box<Node>, Vec<Node>),
    /// The first is in a list of the basket's or the member's.
    In(Box<Node>, Variable),
}

/// A comparison of two of a kind; sizes are of numbers only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Same,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    /// Whether it asks which is larger.
    pub(super) const fn is_of_size(self) -> bool {
        !matches!(self, Self::Same | Self::Different)
    }
}

/// What is done with two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operation {
    /// What two numbers come to. None past 64 bits, and for division by zero.
    pub(super) const fn of(self, a: i64, b: i64) -> Option<i64> {
        match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::Divide => a.checked_div(b),
            Self::Remainder => a.checked_rem(b),
        }
    }
}
