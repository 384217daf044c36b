// The npm package json-rules-engine behind a line protocol, for the figure rules_vs_json_rules.
//
// First line in: {"rules": [...], "baskets": [...]}; out: for each basket the names of the rules that
// fired. Every further line is a number: so many times all baskets are asked, one after another, and
// the nanoseconds of that are the answer. Reading and writing are outside of the time.
import { createInterface } from "node:readline";
import { Engine } from "json-rules-engine";

const lines = createInterface({ input: process.stdin });
let engine;
let baskets;

for await (const line of lines) {
  if (!engine) {
    const stage = JSON.parse(line);
    engine = new Engine(stage.rules);
    baskets = stage.baskets;
    const answers = [];
    for (const basket of baskets) {
      const { events } = await engine.run(basket);
      answers.push(events.map((event) => event.type));
    }
    console.log(JSON.stringify(answers));
    continue;
  }
  const times = Number(line);
  const began = process.hrtime.bigint();
  for (let time = 0; time < times; time += 1) {
    for (const basket of baskets) {
      await engine.run(basket);
    }
  }
  console.log(String(process.hrtime.bigint() - began));
}
