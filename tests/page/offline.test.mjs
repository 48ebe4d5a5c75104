// After a first visit the page needs no network; a new version replaces the old one whole.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { changed, launch, pixels, ready, serve } from "./site.mjs";

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
  await page.goto(`${site.address}?again#m=sparse,vae`);
  await shown(page);
  assert.equal(await page.locator("#menu-0").inputValue(), "sparse");
  const before = await pixels(page, "#twin-1");
  await page.locator("#sliders-1 input").first().focus();
  await page.keyboard.press("End");
  await changed(page, "#twin-1", before);
  await context.close();
});

test("another version comes once the pages of the old one are closed", async () => {
  const files = {};
  const site = await serve(files);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready);
  files["service.js"] = (script) => String(script).replace(/VERSION = "/, 'VERSION = "f');
  files["index.html"] = (html) => String(html).replace("<title>", "<title>New ");
  await page.goto(site.address);
  assert.doesNotMatch(await page.title(), /New/, "the old version is whole until it is closed");
  await page.evaluate(async () => {
    // Chromium lets a minute pass before it looks for another version of a script, whoever asks. At
    // another address it looks at once, and all that follows is the same.
    const registration = await navigator.serviceWorker.register("service.js?another");
    while (!registration.waiting) await new Promise((done) => setTimeout(done, 50));
  });
  await page.close();
  let title = "";
  for (let i = 0; i < 50 && !/New/.test(title); i++) {
    const next = await context.newPage();
    await next.goto(site.address);
    title = await next.title();
    await next.close();
  }
  assert.match(title, /New/);
  await context.close();
  await site.close();
});
