//! A figure and its goal, as a row of a table or a line of JSON.

use anyhow::Result;
use serde_json::{Value, json};

/// Which way is better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Better {
    /// More is better: the value has to reach the goal.
    Higher,
    /// Less is better: the value must not pass the goal.
    Lower,
}

/// What a figure is, and what it should be.
pub struct Goal {
    /// Its stable name.
    pub id: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The goal.
    pub goal: f64,
    /// Which way is better.
    pub better: Better,
    /// Measures it.
    pub measure: fn(&Goal) -> Result<Figure>,
}

/// A measured figure.
pub struct Figure {
    id: &'static str,
    unit: &'static str,
    goal: f64,
    better: Better,
    value: f64,
    remark: String,
}

impl Goal {
    /// The figure with this value; `remark` says what stands behind it.
    pub fn reached(&self, value: f64, remark: String) -> Figure {
        let Goal {
            id,
            unit,
            goal,
            better,
            ..
        } = *self;
        Figure {
            id,
            unit,
            goal,
            better,
            value,
            remark,
        }
    }
}

impl Figure {
    /// Whether the goal is kept.
    pub fn holds(&self) -> bool {
        match self.better {
            Better::Higher => self.value >= self.goal,
            Better::Lower => self.value <= self.goal,
        }
    }

    /// One JSON object.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "value": (self.value * 1000.0).round() / 1000.0,
            "unit": self.unit,
            "goal": self.goal,
            "better": match self.better { Better::Higher => "higher", Better::Lower => "lower" },
            "holds": self.holds(),
        })
    }

    /// One row.
    pub fn print(&self) {
        let sign = match self.better {
            Better::Higher => "≥",
            Better::Lower => "≤",
        };
        let goal = format!("{sign} {}", self.goal);
        let holds = if self.holds() { "yes" } else { "NO" };
        let Figure {
            id,
            value,
            unit,
            remark,
            ..
        } = self;
        println!("{id:<24} {value:>9.3} {unit:<6} {goal:>8}  {holds:<5}  {remark}");
    }
}

/// The head of the table.
pub fn print_head() {
    println!(
        "{:<24} {:>9} {:<6} {:>8}  {:<5}  what stands behind it",
        "figure", "value", "unit", "goal", "holds"
    );
}
