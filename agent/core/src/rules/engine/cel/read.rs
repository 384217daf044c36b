//! From text to an [`Expression`]: parsed by the `cel` crate, then only what is allowed is taken over.
//!
//! The crate's own interpreter is not used: it finds out what kind a thing is only when it is asked, and
//! knows no limit of steps.

use super::node::{Comparison, Expression, Node, Operation};
use super::types::Type;
use super::{
    CEL_DEPTH_LIMIT, CEL_LENGTH_LIMIT, CEL_LIST_LIMIT, CEL_SIZE_LIMIT, CEL_STEP_LIMIT, CelFault,
    MEMBER_LIST, Variable, scan,
};
use crate::BASKET_LINE_LIMIT;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::{ParseErrors, Parser};

/// Reads and checks an expression.
pub(in super::super) fn read(source: &str) -> Result<Expression, CelFault> {
    let found = source.chars().count();
    if found == 0 || found > CEL_LENGTH_LIMIT {
        return Err(CelFault::Length { found });
    }
    scan::scan(source)?;
    let parsed = Parser::new().parse_with_source_info(source);
    let (parsed, places) = parsed.map_err(|errors| unreadable(source, &errors))?;
    let mut reader = Reader {
        places: &places,
        size: 0,
        looks_through: 0,
        names: Vec::new(),
    };
    let root = reader.of_type(&parsed, Type::Truth, 0)?;
    let found = reader.size + reader.looks_through;
    if found > CEL_STEP_LIMIT {
        return Err(CelFault::Steps { found });
    }
    match reader.names {
        names if names.is_empty() => Err(CelFault::Constant),
        names => Ok(Expression { root, names }),
    }
}

/// What the parser says first. It names what it would have taken at length; that is left out.
fn unreadable(source: &str, errors: &ParseErrors) -> CelFault {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let lines = source.split_inclusive('\n');
    let before = lines.take(usize::try_from(line - 1).unwrap_or(0));
    let before: usize = before.map(|line| line.chars().count()).sum();
    let words = first.map_or("it is no expression", |error| &error.msg);
    let words = words.split(" expecting").next().unwrap_or(words);
    CelFault::Unreadable {
        at: before + usize::try_from(column).unwrap_or(0).max(1),
        words: words.chars().take(120).collect(),
    }
}

struct Reader<'a> {
    places: &'a SourceInfo,
    /// How many parts there were so far.
    size: usize,
    /// How many values their lists have at most.
    looks_through: usize,
    /// What they name.
    names: Vec<Variable>,
}

/// A part, and its kind.
type Typed = (Node, Type);

impl Reader<'_> {
    /// Where a part is, in characters from 1.
    fn at(&self, part: &IdedExpr) -> usize {
        let place = self.places.offset_for(part.id);
        place.map_or(1, |(start, _)| start as usize + 1)
    }

    fn not_allowed(&self, part: &IdedExpr, what: &str, instead: &'static str) -> CelFault {
        CelFault::NotAllowed {
            at: self.at(part),
            what: what.to_owned(),
            instead,
        }
    }

    fn of_type(&mut self, part: &IdedExpr, wanted: Type, depth: usize) -> Result<Node, CelFault> {
        let (node, found) = self.part(part, depth)?;
        if found == wanted {
            return Ok(node);
        }
        Err(CelFault::Kind {
            at: self.at(part),
            wanted: wanted.words(),
            found: found.words(),
        })
    }

    /// Takes a part over; `depth` is how many it is within.
    fn part(&mut self, part: &IdedExpr, depth: usize) -> Result<Typed, CelFault> {
        self.count(depth)?;
        match &part.expr {
            Expr::Literal(literal) => self.literal(part, literal),
            Expr::Ident(name) => self.variable(part, name),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(of) if !select.test => {
                    self.variable(part, &format!("{of}.{}", select.field))
                }
                _ => Err(self.not_allowed(part, "a field of a field", NAMES)),
            },
            Expr::Call(call) => self.call(part, call, depth),
            Expr::List(_) => Err(self.not_allowed(part, "a list", "put it after in")),
            Expr::Map(_) | Expr::Struct(_) => Err(self.not_allowed(part, "a map", NAMES)),
            Expr::Comprehension(_) => Err(self.not_allowed(part, "a macro", "use in, && and ||")),
            Expr::Unspecified => Err(self.not_allowed(part, "this", NAMES)),
        }
    }

    fn count(&mut self, depth: usize) -> Result<(), CelFault> {
        self.size += 1;
        if self.size > CEL_SIZE_LIMIT {
            return Err(CelFault::TooLarge);
        }
        if depth >= CEL_DEPTH_LIMIT {
            return Err(CelFault::TooDeep);
        }
        Ok(())
    }

    fn literal(&self, part: &IdedExpr, literal: &LiteralValue) -> Result<Typed, CelFault> {
        match literal {
            LiteralValue::Boolean(truth) => Ok((Node::Truth(*truth.inner()), Type::Truth)),
            LiteralValue::Int(number) => Ok((Node::Number(*number.inner()), Type::Number)),
            LiteralValue::String(text) => Ok((Node::Text(text.inner().into()), Type::Text)),
            LiteralValue::UInt(_) => Err(self.not_allowed(part, "an unsigned number", WHOLE)),
            LiteralValue::Double(_) => Err(self.not_allowed(part, "a fraction", WHOLE)),
            LiteralValue::Bytes(_) => Err(self.not_allowed(part, "bytes", "write a text")),
            LiteralValue::Null => Err(self.not_allowed(part, "null", "ask member.known instead")),
        }
    }

    fn variable(&mut self, part: &IdedExpr, name: &str) -> Result<Typed, CelFault> {
        let Some(variable) = Variable::named(name) else {
            return Err(CelFault::NoName {
                at: self.at(part),
                name: name.to_owned(),
            });
        };
        if !self.names.contains(&variable) {
            self.names.push(variable);
        }
        Ok((Node::Variable(variable), variable.kind()))
    }

    fn call(&mut self, part: &IdedExpr, call: &CallExpr, depth: usize) -> Result<Typed, CelFault> {
        if call.target.is_some() {
            return Err(self.not_allowed(part, "a function", FUNCTIONS));
        }
        let within = depth + 1;
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, parts) => {
                Ok((Node::All(self.truths(parts, within)?), Type::Truth))
            }
            (operators::LOGICAL_OR, parts) => {
                Ok((Node::Any(self.truths(parts, within)?), Type::Truth))
            }
            (operators::LOGICAL_NOT, [not]) => {
                let not = self.of_type(not, Type::Truth, within)?;
                Ok((Node::Not(Box::new(not)), Type::Truth))
            }
            (operators::NEGATE, [number]) => {
                let number = self.of_type(number, Type::Number, within)?;
                Ok((Node::Negate(Box::new(number)), Type::Number))
            }
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                let condition = self.of_type(condition, Type::Truth, within)?;
                let (then, kind) = self.part(then, within)?;
                let otherwise = self.of_type(otherwise, kind, within)?;
                Ok((Node::If(Box::new([condition, then, otherwise])), kind))
            }
            (operators::IN, [one, list]) => self.is_in(one, list, within),
            (operator, [a, b]) => {
                if let Some(comparison) = comparison(operator) {
                    return self.compare(comparison, a, b, within);
                }
                let Some(operation) = operation(operator) else {
                    return Err(self.not_allowed(part, "this", FUNCTIONS));
                };
                let a = self.of_type(a, Type::Number, within)?;
                let b = self.of_type(b, Type::Number, within)?;
                Ok((Node::Calculate(operation, Box::new([a, b])), Type::Number))
            }
            _ => Err(self.not_allowed(part, "a function", FUNCTIONS)),
        }
    }

    fn truths(&mut self, parts: &[IdedExpr], depth: usize) -> Result<Vec<Node>, CelFault> {
        let parts = parts.iter();
        parts
            .map(|part| self.of_type(part, Type::Truth, depth))
            .collect()
    }

    fn compare(
        &mut self,
        by: Comparison,
        a: &IdedExpr,
        b: &IdedExpr,
        depth: usize,
    ) -> Result<Typed, CelFault> {
        let (first, kind) = if by.is_of_size() {
            (self.of_type(a, Type::Number, depth)?, Type::Number)
        } else {
            self.part(a, depth)?
        };
        if kind == Type::List {
            return Err(self.not_allowed(a, "a list", "ask with in"));
        }
        let second = self.of_type(b, kind, depth)?;
        self.may_be(&first, &second, b)?;
        self.may_be(&second, &first, a)?;
        Ok((Node::Compare(by, Box::new([first, second])), Type::Truth))
    }

    fn is_in(&mut self, one: &IdedExpr, list: &IdedExpr, depth: usize) -> Result<Typed, CelFault> {
        let (wanted, kind) = self.part(one, depth)?;
        if kind == Type::List {
            return Err(self.not_allowed(one, "a list", "ask for each of its values"));
        }
        let Expr::List(values) = &list.expr else {
            let Node::Variable(variable) = self.of_type(list, Type::List, depth)? else {
                return Err(self.not_allowed(list, "this", "put a list after in"));
            };
            if kind != Type::Text {
                return Err(CelFault::Kind {
                    at: self.at(one),
                    wanted: Type::Text.words(),
                    found: kind.words(),
                });
            }
            self.looks_through += match variable {
                Variable::Categories => BASKET_LINE_LIMIT,
                _ => MEMBER_LIST,
            };
            return Ok((Node::In(Box::new(wanted), variable), Type::Truth));
        };
        self.count(depth)?;
        let found = values.elements.len();
        if found == 0 || found > CEL_LIST_LIMIT || !values.optional_indices.is_empty() {
            let at = self.at(list);
            return Err(CelFault::List { at, found });
        }
        let mut nodes = Vec::with_capacity(found);
        for value in &values.elements {
            let node = self.of_type(value, kind, depth + 1)?;
            self.may_be(&wanted, &node, value)?;
            nodes.push(node);
        }
        Ok((Node::OneOf(Box::new(wanted), nodes), Type::Truth))
    }

    /// Refuses a text that a thing with a few known values never is: a slip of the pen.
    fn may_be(&self, thing: &Node, text: &Node, part: &IdedExpr) -> Result<(), CelFault> {
        let (Node::Variable(variable), Node::Text(text)) = (thing, text) else {
            return Ok(());
        };
        match variable.words() {
            Some(words) if !words.contains(&&**text) => Err(CelFault::NeverIs {
                at: self.at(part),
                name: variable.name(),
                found: text.to_string(),
                words,
            }),
            _ => Ok(()),
        }
    }
}

const NAMES: &str = "use the names that conditions know";
const WHOLE: &str = "write a whole number, amounts in minor units";
pub(super) const FUNCTIONS: &str = "use comparisons, in, && and ||, and + - * / %";

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        operators::EQUALS => Comparison::Same,
        operators::NOT_EQUALS => Comparison::Different,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::AtMost,
        operators::GREATER => Comparison::More,
        operators::GREATER_EQUALS => Comparison::AtLeast,
        _ => return None,
    })
}

fn operation(operator: &str) -> Option<Operation> {
    Some(match operator {
        operators::ADD => Operation::Add,
        operators::SUBSTRACT => Operation::Subtract,
        operators::MULTIPLY => Operation::Multiply,
        operators::DIVIDE => Operation::Divide,
        operators::MODULO => Operation::Remainder,
        _ => return None,
    })
}
