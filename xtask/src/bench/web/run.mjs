// Times decoders in Chromium: `run.mjs MODEL PKG NPM RELAXED`, a weights file and folders; prints JSON.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { decoder, tensors } from "./onnx.mjs";
import { contenders } from "./contenders.mjs";

const BATCHES = [1, 11, 110];
const ROUNDS = 9;
// A decoder that has had its rounds and this long, in milliseconds, rests.
const FEWEST_ROUNDS = 3;
const PATIENCE = 2000;
const FIRST_ROUNDS = 3;
// Chromium's software adapter stands in where there is no GPU.
const FLAGS = ["--no-sandbox", "--enable-unsafe-webgpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const TYPES = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

const [model, pkg, npm, relaxed] = process.argv.slice(2);
const weights = await readFile(model);
const { card } = tensors(weights);
const fixed = { "/": "<!doctype html>", "/model.safetensors": weights, "/model.onnx": decoder(weights) };
const here = (name) => new URL(name, import.meta.url);

const packed = new Map();
async function body(path) {
  if (path in fixed) return fixed[path];
  if (path.startsWith("/ours/")) return readFile(join(pkg, path.slice(6)));
  if (path.startsWith("/relaxed/")) return readFile(join(relaxed, path.slice(9)));
  if (path.startsWith("/npm/")) return readFile(join(npm, path.slice(5)));
  return readFile(here(`.${path}`));
}

let sent = [];
const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://host").pathname;
  try {
    if (path.includes("..")) throw new Error("outside");
    if (!packed.has(path)) packed.set(path, gzipSync(await body(path), { level: 9 }));
    const bytes = packed.get(path);
    sent.push([path, bytes.length]);
    const type = path === "/" ? "text/html" : (TYPES[extname(path)] ?? "application/octet-stream");
    response.writeHead(200, { "content-type": type, "content-encoding": "gzip" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const open = async () => {
  // A context of its own has an empty cache.
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => process.stderr.write(`${error}\n`));
  await page.goto(address);
  return page;
};

const names = Object.keys(contenders);
const results = Object.fromEntries(names.map((name) => [name, { first: [], batches: {} }]));

for (let round = 0; round < FIRST_ROUNDS; round++) {
  for (const name of names) {
    const page = await open();
    sent = [];
    const time = await page.evaluate(async ([name, latent]) => {
      const start = performance.now();
      const { contenders, codes } = await import("/contenders.mjs");
      const decode = await contenders[name]();
      await decode(codes(1, latent), 1);
      return performance.now() - start;
    }, [name, card.model.latent]);
    results[name].first.push(time);
    const total = (of) => sent.filter(([path]) => of(path)).reduce((sum, [, bytes]) => sum + bytes, 0);
    results[name].library_bytes = total((path) => /^\/(ours|relaxed|npm)\//.test(path));
    results[name].model_bytes = total((path) => path.startsWith("/model"));
    await page.context().close();
  }
}

const page = await open();
const adapter = await page.evaluate(async () => {
  const { info } = (await navigator.gpu.requestAdapter()) ?? { info: {} };
  return [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
});
const measured = await page.evaluate(async ([names, batches, rounds, fewest, patience, latent]) => {
  const { contenders, codes } = await import("/contenders.mjs");
  const decoders = {};
  for (const name of names) decoders[name] = await contenders[name]();
  const times = Object.fromEntries(names.map((name) => [name, Object.fromEntries(batches.map((n) => [n, []]))]));
  const expected = await decoders[names[0]](codes(3, latent), 3);
  const apart = {};
  for (const name of names) {
    const values = await decoders[name](codes(3, latent), 3);
    apart[name] = values.length === expected.length ? values.reduce((worst, v, i) => Math.max(worst, Math.abs(v - expected[i])), 0) : Infinity;
    for (const n of batches) await decoders[name](codes(n, latent), n);
  }
  for (let round = 0; round < rounds; round++) {
    for (const n of batches) {
      for (const name of names) {
        const known = times[name][n];
        if (known.length >= fewest && known.reduce((sum, time) => sum + time, 0) > patience) continue;
        const input = codes(n, latent);
        // Short batches are repeated, so that the clock's coarse ticks do not count.
        const repeats = n === 1 ? 9 : n < 100 ? 3 : 1;
        const start = performance.now();
        for (let i = 0; i < repeats; i++) await decoders[name](input, n);
        known.push((performance.now() - start) / repeats);
      }
    }
  }
  return { times, apart };
}, [names, BATCHES, ROUNDS, FEWEST_ROUNDS, PATIENCE, card.model.latent]);
for (const name of names) {
  results[name].first_ms = median(results[name].first);
  results[name].apart = measured.apart[name];
  for (const n of BATCHES) {
    const rounds = measured.times[name][n];
    results[name].batches[n] = { rounds: rounds.length, median_ms: median(rounds), lowest_ms: Math.min(...rounds), highest_ms: Math.max(...rounds) };
  }
}
const version = browser.version();
await browser.close();
server.close();
console.log(JSON.stringify({ chromium: version, adapter, results }));
