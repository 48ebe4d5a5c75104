// Measures built pages in turns, in headless Chromium: `node page.mjs FOLDER…` prints JSON.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { loadavg } from "node:os";
import { gzipSync } from "node:zlib";
import { launch, ready } from "../../../tests/page/site.mjs";

/** Rounds in which each folder is measured once. */
const ROUNDS = 3;
/** Moves of the pointer in a round. */
const MOVES = 34;
/** A slow line: bytes a second, and milliseconds to and fro. */
const SLOW = { downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8, latency: 150, offline: false };

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".wasm": "application/wasm", ".svg": "image/svg+xml", ".webp": "image/webp",
};

/** Serves a folder as hosts of static files do: what has a type is compressed, weights and pictures are not. */
async function serve(folder) {
  const files = new Map();
  const file = async (name) => {
    const bytes = await readFile(join(folder, name));
    const type = TYPES[extname(name)];
    return type && extname(name) !== ".webp" ? { type, bytes: gzipSync(bytes, { level: 9 }), packed: true } : { type, bytes };
  };
  const server = createServer(async (request, response) => {
    const name = normalize(new URL(request.url, "http://host").pathname.slice(1) || "index.html");
    try {
      if (name.startsWith("..")) throw new Error("outside");
      if (!files.has(name)) files.set(name, await file(name));
      const { type, bytes, packed } = files.get(name);
      response.writeHead(200, {
        "content-type": type ?? "application/octet-stream",
        "content-length": bytes.length,
        ...(packed && { "content-encoding": "gzip" }),
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

/** Runs in the page from its beginning: notes when each picture is there, and how much the layout shifts. */
function witness() {
  const seen = (globalThis.seen = { shift: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") seen.paint = entry.startTime;
  }).observe({ type: "paint", buffered: true });
  const drawn = (selector) => {
    const canvas = document.querySelector(selector);
    const context = canvas?.getContext("2d", { willReadFrequently: true });
    return context?.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0) ?? false;
  };
  // What the page shows until it has a model: a picture behind the place of the live ones.
  const posted = () => {
    const place = document.querySelector(".live .picture");
    const [, url] = /url\("(.*)"\)/.exec((place && getComputedStyle(place).backgroundImage) ?? "") ?? [];
    return url !== undefined && performance.getEntriesByName(url).some((entry) => entry.responseEnd > 0);
  };
  const look = () => {
    const now = performance.now();
    const lives = [0, 1].map((side) => drawn(`#live-${side}`));
    if (posted() || lives.some(Boolean)) seen.picture ??= now;
    if (lives.some(Boolean)) seen.decoded ??= now;
    if (lives.every(Boolean)) seen.both ??= now;
    if (seen.both === undefined || seen.paint === undefined) setTimeout(look, 20);
  };
  look();
}

/** Opens the page without a cache, on a fast line or a slow one. */
async function opening(browser, address, line) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", serviceWorkers: "block" });
  const page = await context.newPage();
  page.setDefaultTimeout(180_000);
  if (line) {
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", line);
  }
  await page.addInitScript(witness);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.seen.both && globalThis.seen.paint);
  // The rows take their places.
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => globalThis.seen);
  await context.close();
  return seen;
}

/**
 * Notes each move's time, and the frame in which the live picture is another for the first time; and the
 * page's longest task.
 */
function watch() {
  const watched = (globalThis.watched = { times: [], task: 0 });
  let began = null;
  let shown = "";
  const seen = () => document.querySelector("#live-0").toDataURL();
  addEventListener("pointermove", (event) => {
    began ??= event.timeStamp;
  }, true);
  const frame = () => {
    // After all that this frame draws.
    setTimeout(() => {
      const now = began === null ? shown : seen();
      if (now !== shown && began !== null) {
        watched.times.push(performance.now() - began);
        began = null;
      }
      shown = now;
    });
    requestAnimationFrame(frame);
  };
  shown = seen();
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) watched.task = Math.max(watched.task, entry.duration);
  }).observe({ type: "longtask" });
}

/** Drags a slider to and fro; null where there is no GPU to drag it with. */
async function drag(address, webgpu) {
  const browser = await launch({ webgpu });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", serviceWorkers: "block" });
  page.setDefaultTimeout(60_000);
  await page.goto(`${address}#v=sliders`);
  for (const side of [0, 1]) await page.waitForSelector(`#about-${side}[data-ready="true"]`, { state: "attached" });
  if (webgpu) {
    const found = () => document.querySelector("#live-0[data-gpu]") !== null;
    // The page stays with the CPU where it is faster, unless it is asked.
    if (!(await page.waitForFunction(found, undefined, { timeout: 5000 }).catch(() => null))) {
      await page.click("#badge");
      if (!(await page.waitForFunction(found, undefined, { timeout: 20_000 }).catch(() => null))) {
        await browser.close();
        return null;
      }
    }
  } else {
    for (const side of [0, 1]) await ready(page, side);
  }
  const box = await page.locator("#sliders-0 input[type=range]").first().boundingBox();
  const at = (i) => box.x + box.width * (0.1 + 0.8 * Math.abs(((i * 7) % 40) / 20 - 1));
  await page.mouse.move(at(0), box.y + box.height / 2);
  await page.mouse.down();
  await page.waitForTimeout(500);
  await page.evaluate(watch);
  for (let i = 1; i <= MOVES; i++) {
    await page.mouse.move(at(i), box.y + box.height / 2);
    await page.waitForFunction((i) => globalThis.watched.times.length >= i, i, { polling: 20, timeout: 5000 }).catch(() => {});
  }
  const watched = await page.evaluate(() => globalThis.watched);
  await browser.close();
  return watched;
}

const folders = process.argv.slice(2);
const load = loadavg()[0];
const builds = await Promise.all(folders.map(async (folder) => ({ site: await serve(folder), fast: [], slow: [], cpu: [], gpu: [] })));
const browser = await launch();
for (let round = 0; round < ROUNDS; round++) {
  for (const build of builds) {
    const { address } = build.site;
    build.fast.push(await opening(browser, address));
    build.slow.push(await opening(browser, address, SLOW));
    build.cpu.push(await drag(address, false));
    const gpu = await drag(address, true);
    if (gpu) build.gpu.push(gpu);
  }
}
await browser.close();
for (const build of builds) await build.site.close();
console.log(JSON.stringify({ load, builds: builds.map(({ site, ...measured }) => measured) }));
