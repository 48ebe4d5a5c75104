// After a first visit the page needs no network; a new version replaces the old one whole.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { built, changed, launch, pixels, ready, serve } from "./site.mjs";

let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function shown(page) {
  for (const side of [0, 1]) await ready(page, side);
}

test("it works offline after the first visit, from any sub-path", async () => {
  const site = await serve({}, "/any/path/");
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.address);
  await shown(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await site.close();
  await page.goto(`${site.address}?again#m=sparse,vae&v=sliders`);
  await shown(page);
  assert.equal(await page.locator("#menu-0").inputValue(), "sparse");
  const before = await pixels(page, "#live-1");
  await page.locator("#sliders-1 input").first().focus();
  await page.keyboard.press("End");
  await changed(page, "#live-1", before);
  await context.close();
});

test("models of a first visit that the page did not open with are there offline too", async () => {
  const site = await serve();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.address}#m=chairs-vae,chairs-sparse`);
  await shown(page);
  for (const model of ["chairs-vae", "chairs-sparse"]) {
    await page.waitForFunction(async (model) => await caches.match(`models/${model}.safetensors`), model, { polling: 100 });
  }
  await site.close();
  await page.reload();
  await shown(page);
  assert.equal(await page.locator("#menu-0").inputValue(), "chairs-vae");
  await context.close();
});

/** Publishes another version of the page: its title is new, and so is its hash in the worker. */
async function publish(files, title) {
  const page = String(await built("index.html")).replace("<title>", `<title>${title} `);
  const hash = `sha384-${createHash("sha384").update(page).digest("base64")}`;
  files["index.html"] = page;
  files["service.js"] = (script) =>
    String(script)
      .replace(/VERSION = "/, `VERSION = "${title}`)
      .replace(/(\["(?:index\.html|\.\/)",)"sha384-[^"]*"/g, `$1"${hash}"`);
}

/**
 * Has the browser look for another version, and gives what came of it: "waiting", or "redundant" if it could not
 * be kept. Chromium lets a minute pass before it looks again at an address, so `address` must be new.
 */
const look = (page, address) =>
  page.evaluate(async (address) => {
    const registration = await navigator.serviceWorker.register(address);
    const worker = registration.installing ?? registration.waiting;
    while (worker.state === "installing") await new Promise((done) => setTimeout(done, 20));
    return registration.waiting ? "waiting" : worker.state;
  }, address);

/** A page that the worker serves: the second visit's. */
async function visited(context, site) {
  const page = await context.newPage();
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller));
  return page;
}

/**
 * Loads the page again until it has the title of the new version. Once is enough for a visitor most of the time, but
 * the browser counts a page that was left or closed among the open ones for a moment.
 */
async function reload(page, title) {
  for (let times = 0; times < 10; times++) {
    // The first answer is a page that loads the new version in its place, which ends another reload.
    await page.reload({ waitUntil: "commit" }).catch(() => {});
    const come = page.waitForFunction((title) => document.title.includes(title), title, { timeout: 2000 });
    if (await come.catch(() => false)) return;
  }
  assert.fail(`the page is still ${await page.title()}, not ${title}`);
}

test("another version comes when the only page is loaded again, with what its address tells", async () => {
  const files = {};
  // A host that lets browsers keep files for an hour.
  const site = await serve(files, "/", { "cache-control": "max-age=3600" });
  const context = await browser.newContext();
  const page = await visited(context, site);
  await page.goto(`${site.address}#m=sparse,vae`);
  await shown(page);
  await publish(files, "New");
  assert.equal(await look(page, "service.js?1"), "waiting");
  assert.doesNotMatch(await page.title(), /New/, "the old version is whole until it is left");
  await reload(page, "New");
  assert.match(page.url(), /#m=sparse,vae/);
  assert.equal(await page.locator("#menu-0").inputValue(), "sparse");
  const names = await page.evaluate(() => caches.keys());
  assert.equal(names.length, 1, `the old version is gone: ${names}`);
  await context.close();
  await site.close();
});

test("another version waits while other pages of the old one are open", async () => {
  const files = {};
  const site = await serve(files);
  const context = await browser.newContext();
  const page = await visited(context, site);
  const other = await visited(context, site);
  await publish(files, "New");
  assert.equal(await look(page, "service.js?1"), "waiting");
  await page.reload();
  assert.doesNotMatch(await page.title(), /New/, "parts of two versions never meet");
  await other.close();
  await reload(page, "New");
  await context.close();
  await site.close();
});

test("a version that is published halfway is not kept, and the whole one is", async () => {
  const files = {};
  const site = await serve(files);
  const context = await browser.newContext();
  const page = await visited(context, site);
  await publish(files, "New");
  const whole = files["index.html"];
  files["index.html"] = await built("index.html");
  assert.equal(await look(page, "service.js?1"), "redundant");
  await page.reload();
  assert.doesNotMatch(await page.title(), /New/);
  files["index.html"] = whole;
  assert.equal(await look(page, "service.js?2"), "waiting");
  await reload(page, "New");
  await context.close();
  await site.close();
});
