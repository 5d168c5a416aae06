// The stock room of the tea shop: a module that the shop imports, or a process of its own.
//
//   node stock.mjs --port 8081 --data DIR

import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What there is, and how much of it is left; every unit that goes is written down. */
export function openStock(data) {
  const teas = JSON.parse(readFileSync(join(data, "stock.json"), "utf8"));
  const byName = new Map(teas.map((tea) => [tea.name, tea]));
  return {
    teas: async () => teas,
    find: async (name) => byName.get(name) ?? null,
    take: async (name, order, units) => {
      const tea = byName.get(name);
      if (!tea || tea.left < units) return null;
      tea.left -= units;
      appendFileSync(join(data, "taken.jsonl"), JSON.stringify({ order, tea: name, units }) + "\n");
      return tea;
    },
  };
}

/** The value of a flag. */
export function option(flag) {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Lets requests under way end, then the process. */
export function stopOnSignal(server) {
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

function serve(port, stock) {
  const server = createServer({ keepAliveTimeout: 60_000 }, async (asked, answered) => {
    const url = new URL(asked.url, "http://stock");
    const [, teas, name, take] = url.pathname.split("/").map(decodeURIComponent);
    const number = (key) => Number(url.searchParams.get(key));
    let found = null;
    if (take === "take") found = await stock.take(name, number("order"), number("units"));
    else if (teas === "teas" && name) found = await stock.find(name);
    else if (teas === "teas") found = await stock.teas();
    const text = JSON.stringify(found);
    answered.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    answered.end(text);
  });
  server.listen(port, "127.0.0.1", () => console.log("the stock room is open"));
  stopOnSignal(server);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  serve(Number(option("--port")), openStock(option("--data")));
}
