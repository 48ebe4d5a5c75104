// A static host for the built page, and a browser to visit it with.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const DIST = process.env.DIST ?? "dist";
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".wasm": "application/wasm", ".svg": "image/svg+xml",
};
const FLAGS = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A file of the built page. */
export const built = (path) => readFile(join(DIST, path));

/**
 * Serves the built page below `base`. `changed` maps a path to the bytes to send in its place, to a
 * function of its bytes, or to null for a file that is missing.
 */
export async function serve(changed = {}, base = "/") {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    try {
      if (!path.startsWith(base)) throw new Error("elsewhere");
      const name = normalize(path.slice(base.length) || "index.html");
      const change = changed[name];
      if (change === null || name.startsWith("..")) throw new Error("missing");
      const body = typeof change === "function" ? change(await built(name)) : (change ?? (await built(name)));
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${server.address().port}${base}`;
  return { address, close: () => new Promise((done) => server.close(done).closeAllConnections()) };
}

/** Starts the browser. */
export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** Opens the page and waits until both sides are settled. Requests and complaints are recorded. */
export async function visit(browser, address, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
  const seen = { page, requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    // Chromium's advice on reading canvases is meant for these tests, which do it all the time.
    if (!["error", "warning"].includes(message.type()) || message.text().includes("willReadFrequently")) return;
    seen.complaints.push(message.text());
  });
  await page.goto(address);
  return seen;
}

/** Waits until a side's model is shown with all its rows. */
export async function ready(page, side) {
  await page.waitForSelector(`#about-${side}[data-ready="true"]`, { state: "attached" });
  await page.waitForFunction((side) => {
    const rows = [...document.querySelectorAll(`#rows-${side} canvas`)];
    const shown = (canvas) =>
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    return rows.length > 0 && rows.every(shown) && document.querySelector(`#nll-${side}`).textContent !== "–";
  }, side);
}

/** A canvas's pixels, as one string that can be compared. */
export const pixels = (page, selector) =>
  page.$eval(selector, (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join());

/** Waits until a canvas no longer has these pixels, and returns those that it has. */
export async function changed(page, selector, before) {
  await page.waitForFunction(([selector, before]) => {
    const canvas = document.querySelector(selector);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() !== before;
  }, [selector, before]);
  return pixels(page, selector);
}
