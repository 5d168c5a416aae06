// The shop's data at rest: makes it, or checks it.
//
//   node books.mjs make DIR
//   node books.mjs check DIR

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAMES = ["assam", "ceylon", "darjeeling", "gunpowder", "jasmine", "keemun", "matcha", "oolong", "rooibos", "sencha"];
const UNITS = 1_000_000;

const [, , command, data] = process.argv;
const lines = (name) => {
  const file = join(data, name);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
};

if (command === "make") {
  mkdirSync(data, { recursive: true });
  const teas = NAMES.map((name, index) => ({ name, cents: 390 + 35 * index, left: UNITS, about: `${name}, picked by hand. `.repeat(20) }));
  writeFileSync(join(data, "stock.json"), JSON.stringify(teas));
} else if (command === "check") {
  // Each order has had its units taken, once, and nobody else has.
  const [taken, ordered] = [lines("taken.jsonl").map((line) => JSON.parse(line)), lines("orders.jsonl").map((line) => JSON.parse(line))];
  const key = ({ order, tea, units }) => `order ${order}: ${units} of ${tea}`;
  const [left, right] = [taken.map(key).sort(), ordered.map(key).sort()];
  const broken = left.length !== right.length || left.some((line, index) => line !== right[index]);
  console.log(`stock: what was taken was ordered ${broken ? "BROKEN" : "holds"} (${taken.length} taken, ${ordered.length} ordered)`);
  process.exit(broken ? 1 : 0);
} else {
  console.error("make DIR or check DIR");
  process.exit(2);
}
