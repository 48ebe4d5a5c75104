// Models that are switched give back their memory.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { built, drawn, launch, serve, visit } from "./site.mjs";

const SWITCHES = 50;

let browser, here;

before(async () => {
  browser = await launch();
  here = await serve();
});
after(async () => {
  await browser?.close();
  await here?.close();
});

/** Bytes of wasm memory of the page or of its worker. */
const memory = (where, module) =>
  where.evaluate(async (module) => (await (await import(module)).default()).memory.buffer.byteLength, module);

test("switching models fifty times does not make the memory grow", async () => {
  const { models } = JSON.parse(await built("models/manifest.json"));
  const { page } = await visit(browser, here.address);
  for (const side of [0, 1]) await drawn(page, side);
  const menu = page.locator("#menu-0");
  const names = await menu.locator("option").evaluateAll((options) => options.map((option) => option.value));
  const known = names.filter((name) => models.some((model) => model.name === name));
  assert.ok(known.length > 1, names.join());
  const switched = async (count) => {
    for (let i = 0; i < count; i++) {
      await menu.selectOption(known[i % known.length]);
      await drawn(page, 0);
    }
  };
  const wheres = [page, ...page.workers()];
  assert.ok(wheres.length > 1, "the engine has a worker");
  const bytes = () => Promise.all(wheres.map((where) => memory(where, `${here.address}latentscope-web.js`)));
  // Every model twice: the largest of them decides what is needed.
  await switched(2 * known.length);
  const before = await bytes();
  await switched(SWITCHES);
  const after = await bytes();
  console.log(`page and workers: ${before.join(", ")} bytes before, ${after.join(", ")} after ${SWITCHES} switches`);
  // Room for pieces that lie between others: about one model, where fifty models were loaded.
  after.forEach((bytes, i) => assert.ok(bytes <= before[i] + 2 * 2 ** 20, `${before[i]} bytes became ${bytes}`));
  assert.ok(after.every((bytes) => bytes < 64 * 2 ** 20), after.join());
  await page.close();
});
