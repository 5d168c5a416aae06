// A tea shop in Node, with nothing but its standard library. With --stock URL the stock room is another process; without, it is here.
//
//   node shop.mjs --port 8080 --data DIR [--stock http://127.0.0.1:8081]

import { appendFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { openStock, option, stopOnSignal } from "./stock.mjs";

/** The stock room of another process: the same three questions, over HTTP. */
function stockAt(url) {
  const agent = new Agent({ keepAlive: true });
  const ask = (method, path) =>
    new Promise((resolve, reject) => {
      const asked = request(url + path, { method, agent }, (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => (body += chunk));
        answer.on("end", () => resolve(JSON.parse(body)));
      });
      asked.on("error", reject);
      asked.end();
    });
  return {
    teas: () => ask("GET", "/teas"),
    find: (name) => ask("GET", `/teas/${encodeURIComponent(name)}`),
    take: (name, order, units) => ask("POST", `/teas/${encodeURIComponent(name)}/take?order=${order}&units=${units}`),
  };
}

/** What the lab adds to each answer to see whether it finds it: a wait, and work. Only a few lines, and they pay for the trust panel. */
function knownDelta() {
  const microseconds = (name) => Number(process.env[name] ?? 0);
  const delay = microseconds("CLEAVE__LAB__DELAY_US");
  const burn = microseconds("CLEAVE__LAB__BURN_US");
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    // A timer of the event loop would round to whole milliseconds.
    if (delay > 0) Atomics.wait(nobody, 0, 0, delay / 1000);
    if (burn > 0) {
      const before = process.cpuUsage();
      let used = 0;
      while (used < burn) {
        const { user, system } = process.cpuUsage(before);
        used = user + system;
      }
    }
  };
}

const page = (title, body) =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>\n`;
const row = (tea) => `<li><a href="/tea/${tea.name}">${tea.name}</a> ${tea.cents} cents, ${tea.left > 0 ? "in stock" : "sold out"}</li>`;
const home = (teas) => page("Teas", `<ul>${teas.map(row).join("")}</ul>`);
const details = (tea) =>
  page(tea.name, `<p>${tea.about}</p><p>${tea.cents} cents, ${tea.left > 0 ? "in stock" : "sold out"}</p>` +
    `<form method="post" action="/orders"><input name="tea" value="${tea.name}"><input name="units" value="1"></form>`);
const bought = (order) => page(`Order ${order.id}`, `<p>${order.units} of ${order.tea}: ${order.units * order.cents} cents</p>`);

const data = option("--data");
const elsewhere = option("--stock");
const stock = elsewhere ? stockAt(elsewhere) : openStock(data);
const orders = new Map();
const delta = knownDelta();

async function answer(method, path, form) {
  if (path === "/healthz") return [200, "ready\n"];
  if (method === "GET" && path === "/") return [200, home(await stock.teas())];
  if (method === "GET" && path.startsWith("/tea/")) {
    const tea = await stock.find(decodeURIComponent(path.slice("/tea/".length)));
    return tea ? [200, details(tea)] : [404, page("No such tea", "")];
  }
  if (method === "POST" && path === "/orders") {
    const [name, units] = [form.get("tea") ?? "", Number(form.get("units"))];
    if (!(units >= 1 && units <= 99)) return [422, page("How many?", "")];
    const id = orders.size + 1;
    orders.set(id, null);
    const taken = await stock.take(name, id, units);
    if (!taken) return [409, page("Sold out", "")];
    const order = { id, tea: name, units, cents: taken.cents };
    orders.set(id, order);
    appendFileSync(join(data, "orders.jsonl"), JSON.stringify({ order: id, tea: name, units }) + "\n");
    return [303, "", { location: `/orders/${id}` }];
  }
  if (method === "GET" && path.startsWith("/orders/")) {
    const order = orders.get(Number(path.slice("/orders/".length)));
    return order ? [200, bought(order)] : [404, page("No such order", "")];
  }
  return [404, page("Nothing here", "")];
}

const server = createServer({ keepAliveTimeout: 60_000 }, (asked, answered) => {
  let body = "";
  asked.setEncoding("utf8");
  asked.on("data", (chunk) => (body += chunk));
  asked.on("end", async () => {
    delta();
    let result;
    try {
      result = await answer(asked.method, asked.url, new URLSearchParams(body));
    } catch (error) {
      console.error(error);
      result = [503, page("The stock room does not answer", "")];
    }
    const [status, text, headers = {}] = result;
    answered.writeHead(status, { "content-type": "text/html; charset=utf-8", "content-length": Buffer.byteLength(text), ...headers });
    answered.end(text);
  });
});
server.listen(Number(option("--port")), "127.0.0.1");
stopOnSignal(server);
