//! The crate zen-engine behind a line protocol, for the figure `rules_vs_zen`.
//!
//! First line in: `{"graph": …, "baskets": […]}`; out: for each basket the names of the rules of the
//! decision table that it hits. Every further line is a number: so many times all baskets are asked, one
//! after another, and the nanoseconds of that are the answer. Reading and writing are outside of the
//! time, and so is what zen-engine does once: parsing the table, compiling it, turning baskets into its
//! own values.
#![expect(clippy::print_stdout, reason = "the protocol")]

use serde_json::Value;
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut lines = stdin().lock().lines();
    let stage: Value = serde_json::from_str(&lines.next().ok_or("no stage")??)?;
    let graph: GraphContent = serde_json::from_value(stage["graph"].clone())?;
    let mut decision = Decision::from(graph);
    decision.compile();
    let baskets = stage["baskets"].as_array().ok_or("no baskets")?;
    let baskets: Vec<Variable> = baskets.iter().map(Variable::from).collect();
    let ask = |basket: &Variable| {
        let answer = runtime.block_on(decision.evaluate(basket.depth_clone(1)));
        answer.map_err(|error| error.to_string())
    };
    let mut answers = Vec::new();
    for basket in &baskets {
        let hit = ask(basket)?.result.to_value();
        let hit = hit.as_array().cloned().unwrap_or_default();
        let rules = hit.into_iter().map(|row| row["rule"].clone());
        answers.push(Value::Array(rules.collect()));
    }
    println!("{}", Value::Array(answers));
    for line in lines {
        let times: u32 = line?.trim().parse()?;
        let began = Instant::now();
        for _ in 0..times {
            for basket in &baskets {
                std::hint::black_box(ask(basket)?);
            }
        }
        println!("{}", began.elapsed().as_nanos());
        stdout().flush()?;
    }
    Ok(())
}
