// What a visitor sees before the models have come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, ready, serve } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();
const SIDES = [0, 1];

/** How many colours an element shows. */
async function colours(page, locator) {
  const png = (await locator.screenshot()).toString("base64");
  return page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, png);
}

test("until the models come a poster shows their pictures, and these are then the same", async () => {
  const page = await here.browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  page.setDefaultTimeout(60_000);
  let come;
  const held = new Promise((resolve) => (come = resolve));
  await page.route(/\.safetensors$/, async (route) => {
    await held;
    await route.continue();
  });
  const poster = page.waitForResponse(/poster\.webp$/);
  await page.goto(here.address);
  await poster;
  await page.getByRole("group", { name: "Model on the right" }).waitFor();
  const labels = () => page.locator("#grid .row strong").allTextContents();
  const early = await labels();
  assert.ok(early.length > 3);
  for (const name of early) assert.ok(await page.getByText(name, { exact: true }).first().isVisible(), name);
  for (const place of ["left", "right"]) {
    const live = page.getByRole("img", { name: `Live picture of the model on the ${place}` });
    assert.ok(await colours(page, live) > 50, `the ${place} live picture is blank`);
  }
  for (const strip of await page.locator(".posted .strip").all()) assert.ok(await colours(page, strip) > 50);
  come();
  for (const side of SIDES) await ready(page, side);
  await page.waitForTimeout(500);
  assert.deepEqual((await labels()).slice(0, early.length), early);
  // The mean difference of the poster's pictures and those that the models decode, in levels of 255.
  const apart = await page.evaluate(async (rows) => {
    const picture = await createImageBitmap(await (await fetch("poster.webp")).blob());
    const sheet = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    sheet.drawImage(picture, 0, 0);
    const differences = [];
    const compare = (canvas, left, top) => {
      if (!canvas) return;
      const { width, height } = canvas;
      const [a, b] = [canvas.getContext("2d").getImageData(0, 0, width, height), sheet.getImageData(left, top, width, height)];
      differences.push(a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / a.data.length);
    };
    for (const side of [0, 1]) {
      [...document.querySelectorAll("#grid > .row")].slice(0, rows)
        .forEach((row, line) => compare(row.querySelector(`.side-${side} canvas`), 576 * side, 64 * line));
      compare(document.querySelector(`#live-${side}`), 576 * side, 64 * rows);
    }
    return differences;
  }, early.length);
  assert.ok(apart.length > 9 && Math.max(...apart) < 8, `${apart}`);
  await page.locator("#sets label", { hasText: "Faces" }).click();
  await page.waitForFunction(() => getComputedStyle(document.querySelector("#live-0")).backgroundImage === "none");
  await page.close();
});

test("a page without models shows no poster", async () => {
  const site = await serve({ "models/manifest.json": null });
  const { page } = await here.visit({}, site.address);
  await page.getByRole("alert").filter({ hasText: "manifest" }).waitFor();
  await page.waitForFunction(() => getComputedStyle(document.querySelector("#live-0")).backgroundImage === "none");
  await page.close();
  await site.close();
});

test("a link to other models shows no poster", async () => {
  const { page, requests } = await here.visit({}, `${here.address}#m=chairs-vae,chairs-sparse`);
  for (const side of SIDES) await drawn(page, side);
  assert.ok(requests.every((url) => !url.endsWith("poster.webp")));
  await page.close();
});

for (const [width, height] of [[390, 844], [1440, 900], [2560, 1440]]) {
  test(`nothing moves out of its place while the page opens at ${width} × ${height}`, async () => {
    const watch = () => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) globalThis.shift += value;
      }).observe({ type: "layout-shift", buffered: true });
    };
    const { page } = await here.shown({ viewport: { width, height }, prepare: watch }, here.address);
    await page.waitForTimeout(500);
    const shift = await page.evaluate(() => globalThis.shift);
    assert.ok(shift < 0.02, `${shift}`);
    await page.close();
  });
}
