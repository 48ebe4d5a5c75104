// The page's latency: from a pointer's move over a row to the frame that shows another live picture, and
// from opening the page to its first picture. `node page.mjs` with DIST; prints JSON.
import { loadavg } from "node:os";
import { launch, ready, serve, visit } from "../../../tests/page/site.mjs";

const MOVES = 60;
const VISITS = 5;

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
function spread(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { count: sorted.length, p50: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), highest: sorted.at(-1) };
}

/** Notes each move's time, and the frame in which the live picture is another for the first time. */
function watch() {
  const times = [];
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
        times.push(performance.now() - began);
        began = null;
      }
      shown = now;
    });
    requestAnimationFrame(frame);
  };
  shown = seen();
  requestAnimationFrame(frame);
  globalThis.latencies = times;
}

async function moves(webgpu, address) {
  const browser = await launch({ webgpu });
  const { page } = await visit(browser, address);
  for (const side of [0, 1]) await page.waitForSelector(`#about-${side}[data-ready="true"]`, { state: "attached" });
  if (webgpu) await page.waitForSelector("#live-0[data-gpu]");
  else for (const side of [0, 1]) await ready(page, side);
  const box = await page.locator("#grid .side-0 .strip").first().boundingBox();
  const at = (i) => box.x + box.width * (0.15 + 0.7 * Math.abs(((i * 7) % 40) / 20 - 1));
  await page.mouse.move(at(0), box.y + box.height / 2);
  await page.waitForTimeout(500);
  await page.evaluate(watch);
  for (let i = 1; i <= MOVES; i++) {
    await page.mouse.move(at(i), box.y + box.height / 2);
    await page.waitForFunction((i) => globalThis.latencies.length >= i, i, { polling: 20, timeout: 5000 }).catch(() => {});
  }
  const times = await page.evaluate(() => globalThis.latencies);
  await browser.close();
  return spread(times);
}

async function first(address) {
  const browser = await launch();
  const times = [];
  for (let i = 0; i < VISITS; i++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(() => {
      const look = () => {
        const canvas = document.querySelector("#live-1");
        const context = canvas?.getContext("2d");
        if (context?.getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0)) globalThis.first = performance.now();
        else requestAnimationFrame(look);
      };
      look();
    });
    await page.goto(address);
    await page.waitForFunction(() => globalThis.first);
    times.push(await page.evaluate(() => globalThis.first));
    await context.close();
  }
  await browser.close();
  return spread(times);
}

const site = await serve();
const result = {
  load: loadavg()[0],
  cpu: await moves(false, site.address),
  webgpu: await moves(true, site.address),
  first: await first(site.address),
};
await site.close();
console.log(JSON.stringify(result));
