// Broken and missing files: each gets its sentence in place, and the page lives on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { built, launch, pixels, ready, changed, serve, visit, withCard } from "./site.mjs";

let browser, models;

before(async () => {
  browser = await launch();
  models = JSON.parse(await built("models/manifest.json")).models;
});
after(() => browser?.close());

/** The file of the model that the page opens with on the left; the right one is another. */
const left = () => `models/${models.find((model) => model.name === "vae").file}`;

const nan = (file) => {
  const copy = Buffer.from(file);
  copy.fill(255, copy.length - 4);
  return copy;
};

const broken = {
  "a missing file": [null, /404/],
  "a truncated file": [(file) => file.subarray(0, file.length / 2), /not a complete safetensors file/],
  "an empty file": [Buffer.alloc(0), /not a complete safetensors file/],
  "a file of noise": [Buffer.alloc(4096, 255), /not a weights file or it is damaged/],
  "a corrupt card": [withCard((card) => card.slice(0, -9)), /model card is damaged/],
  "a card of an unknown version": [
    withCard((card) => JSON.stringify({ ...JSON.parse(card), format: 99 })), /format version 99/],
  "a weight that is no number": [nan, /not finite/],
};

for (const [what, [change, sentence]] of Object.entries(broken)) {
  test(`${what} is named in place, and the other model works`, async () => {
    const site = await serve({ [left()]: change });
    const { page } = await visit(browser, `${site.address}#m=vae,sparse&v=sliders`);
    const failure = page.locator("#failure-0");
    await failure.waitFor();
    const text = await failure.textContent();
    assert.ok(text.includes(left()), text);
    assert.match(text, sentence);
    await ready(page, 1);
    const start = await pixels(page, "#live-1");
    await page.locator("#sliders-1 input").first().focus();
    await page.keyboard.press("End");
    await changed(page, "#live-1", start);
    assert.equal(await page.$eval("#notice", (notice) => notice.hidden), true);
    await page.close();
    await site.close();
  });
}

test("a model can be chosen after one that failed", async () => {
  const site = await serve({ [left()]: null });
  const { page } = await visit(browser, `${site.address}#m=vae,sparse`);
  await page.locator("#failure-0").waitFor();
  const other = await page.locator("#menu-1").inputValue();
  await page.locator("#menu-0").selectOption(other);
  await ready(page, 0);
  await page.locator("#failure-0").waitFor({ state: "hidden", timeout: 5_000 });
  await page.close();
  await site.close();
});

/** A manifest of these models, which lie at `file`. */
const manifest = (...models) => JSON.stringify({
  format: 1,
  models: models.map((model) => ({ file: "a.safetensors", name: "a", title: "A", bytes: 9, ...model })),
});

const manifests = {
  "a missing manifest": [null, /404/],
  "a manifest that is no JSON": ["nonsense", /damaged/],
  "a manifest of an unknown format": ['{"format":7,"models":[]}', /format 7/],
  "an empty manifest": ['{"format":1,"models":[]}', /no model/],
  "a manifest of other types": ['{"format":1,"models":{"file":7}}', /damaged/],
  "a manifest with a size below 0": [manifest({ bytes: -1 }), /damaged/],
  "a deep manifest": [`{"format":1,"models":${"[".repeat(60_000)}`, /damaged/],
  "a manifest of a file above": [manifest({ file: "../a.safetensors" }), /plain names/],
  "a manifest of another origin's file": [manifest({ file: "https://127.0.0.1:1/a" }), /plain names/],
  "a manifest that has a name twice": [manifest({}, { file: "b.safetensors" }), /two models are called `a`/],
  "a huge manifest": [manifest({ title: "A".repeat(2 ** 16) }), /more than 65536 bytes/],
};

for (const [what, [change, sentence]] of Object.entries(manifests)) {
  test(`${what} gets a notice`, async () => {
    const site = await serve({ "models/manifest.json": change });
    const { page } = await visit(browser, site.address);
    const notice = page.locator("#notice");
    await notice.waitFor();
    const text = await notice.textContent();
    assert.ok(text.includes("models/manifest.json"), text);
    assert.match(text, sentence);
    assert.ok(await page.locator("h1").isVisible());
    await page.close();
    await site.close();
  });
}

// A file of another version, or changed on its way: a byte more, which would do no harm.
for (const file of ["main.js", "latentscope-web.js", "latentscope-web_bg.wasm", "style.css"]) {
  test(`${file} with another byte is refused with a notice, and so is none at all`, async () => {
    for (const change of [(bytes) => Buffer.concat([bytes, Buffer.from(file.endsWith("wasm") ? "\0\x02\0\0" : " ")]), null]) {
      const site = await serve({ [file]: change });
      const { page } = await visit(browser, site.address);
      const notice = page.locator(file === "main.js" ? "#unstarted" : "#notice");
      await notice.waitFor();
      assert.ok((await notice.textContent()).startsWith(file));
      assert.ok(await page.locator("h1").isVisible());
      if (file !== "style.css") assert.equal(await page.locator("#grid .side-0 canvas").count(), 0, "nothing of it has run");
      await page.close();
      await site.close();
    }
  });
}

test("every script and link of the page is held to a hash, and its own files pass", async () => {
  const site = await serve();
  const { page, complaints, requests } = await visit(browser, site.address);
  for (const side of [0, 1]) await ready(page, side);
  const unsealed = await page.$$eval("script, link:not([rel=icon])", (all) =>
    all.filter((one) => !/^sha384-.{64}$/.test(one.integrity || one.dataset.integrity)).map((one) => one.outerHTML));
  assert.deepEqual(unsealed, []);
  assert.deepEqual(complaints, []);
  const wasm = requests.filter((request) => request.endsWith(".wasm"));
  assert.equal(wasm.length, 1, "the wasm is downloaded once");
  await page.close();
  await site.close();
});

test("a browser without wasm gets a notice", async () => {
  const site = await serve();
  const context = await browser.newContext();
  await context.addInitScript(() => delete globalThis.WebAssembly);
  const page = await context.newPage();
  await page.goto(site.address);
  await page.locator("#notice").waitFor();
  assert.match(await page.textContent("#notice"), /WebAssembly/);
  await context.close();
  await site.close();
});

test("a worker that can't start gets a notice", async () => {
  const site = await serve({ "worker.js": "throw new Error('broken')" });
  const { page } = await visit(browser, site.address);
  await page.locator("#notice").waitFor();
  assert.match(await page.textContent("#notice"), /engine stopped/);
  await page.close();
  await site.close();
});

for (const [file, change] of [["latentscope-scoring_bg.wasm", null], ["latentscope-scoring_bg.wasm", Buffer.from("another")], ["scoring.js", null]]) {
  test(`a check whose ${file} is ${change ? "changed" : "missing"} says so, and the page goes on`, async () => {
    const site = await serve({ [file]: change });
    const { page } = await visit(browser, site.address);
    for (const side of [0, 1]) await ready(page, side);
    await page.locator("#tab-check").click();
    await page.locator("#measure").click();
    const failure = page.locator("#verdict-failure");
    await failure.waitFor();
    assert.match(await failure.textContent(), /missing/);
    await page.locator("#measure:enabled").waitFor();
    await page.locator("#tab-sliders").click();
    const start = await pixels(page, "#live-1");
    await page.locator("#sliders-1 input").first().focus();
    await page.keyboard.press("End");
    await changed(page, "#live-1", start);
    await page.close();
    await site.close();
  });
}
