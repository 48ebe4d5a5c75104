// A model that the visitor brings: dropped on a column or opened from its foot.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { built, changed, pixels, ready } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();
let models;

before(async () => {
  models = JSON.parse(await built("models/manifest.json")).models;
});

/** The page, where both sides show the first model of the menu. */
async function shown() {
  const seen = await here.visit({}, `${here.address}#m=${models[0].name},${models[0].name}`);
  for (const side of [0, 1]) await ready(seen.page, side);
  return seen;
}

/** Drops a file as the browser would: with the types that it tells while the file is held over. */
async function drop(page, selector, name, bytes) {
  const data = await page.evaluateHandle(([name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    return data;
  }, [name, bytes.toString("base64")]);
  for (const kind of ["dragover", "drop"]) await page.dispatchEvent(selector, kind, { dataTransfer: data });
}

test("a file dropped on a column is shown there, stays on its menu, and goes nowhere", async () => {
  const { page, requests, complaints } = await shown();
  const before = await pixels(page, "#live-0");
  const asked = requests.length;
  await drop(page, "#live-0", "mine.safetensors", await built(`models/${models[1].file}`));
  await changed(page, "#live-0", before);
  await ready(page, 0);
  const mine = "Your file: mine.safetensors";
  assert.equal(await page.locator("#menu-0 option:checked").textContent(), mine);
  assert.equal(await page.locator("#menu-0 option:checked").first().textContent(), mine);
  assert.equal(await page.locator("#menu-1 option").count(), models.length);
  await page.locator("#menu-0").selectOption(models[0].name);
  await page.waitForFunction((mine) => document.querySelector("#menu-0 option:checked").textContent !== mine, mine);
  await ready(page, 0);
  await page.locator("#menu-0").selectOption({ label: mine });
  await ready(page, 0);
  assert.equal(await page.locator("#menu-0 option:checked").first().textContent(), mine);
  // The browser asks for the page's icon when it likes.
  const later = requests.slice(asked).map((url) => url.slice(here.address.length)).filter((path) => path !== "icon.svg");
  assert.deepEqual(later, [`models/${models[0].file}`], "only the model of the menu was fetched");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the foot of a column opens a file, by keyboard too", async () => {
  const { page } = await shown();
  // From the first listener on choosers are caught; one added at the key press may come too late.
  page.on("filechooser", () => {});
  const before = await pixels(page, "#live-1");
  await page.locator("#bring-1").focus();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  const file = { name: "mine.safetensors", mimeType: "", buffer: await built(`models/${models[1].file}`) };
  await chooser.setFiles(file);
  await changed(page, "#live-1", before);
  assert.match(await page.locator("#menu-1 option:checked").textContent(), /mine\.safetensors/);
  assert.match(await page.locator(".foot.side-1").textContent(), /never leaves your machine/);
  await page.close();
});

test("a hostile file gets one sentence in place, and another model can be chosen", async () => {
  const { page } = await shown();
  const file = await built(`models/${models[0].file}`);
  for (const bad of [Buffer.alloc(0), Buffer.alloc(4096, 255), file.subarray(0, file.length / 2)]) {
    await drop(page, "#live-0", "bad.safetensors", bad);
    await page.locator("#failure-0").waitFor();
    const text = await page.textContent("#failure-0");
    assert.match(text, /^bad\.safetensors can’t be shown: .+\.$/);
    assert.equal(await page.locator("#about-0[data-ready=true]").count(), 1, "the model that was there stays");
  }
  await page.locator("#menu-0").selectOption(models[1].name);
  await ready(page, 0);
  await page.locator("#failure-0").waitFor({ state: "hidden", timeout: 5_000 });
  await page.close();
});

test("a file dropped beside the columns does not lead away from the page", async () => {
  const { page } = await shown();
  await drop(page, "#title", "mine.safetensors", await built(`models/${models[1].file}`));
  await page.waitForTimeout(200);
  assert.equal(page.url().split("#")[0], here.address);
  await page.locator("#failure-0").waitFor({ state: "hidden", timeout: 5_000 });
  await page.close();
});
