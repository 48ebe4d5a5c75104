// Photographs the page for the README, and the picture that goes with shared links:
// `screenshots.mjs ADDRESS FOLDER`.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, ready, visit } from "./site.mjs";
import { SPRITES } from "./stage.mjs";

const FACES = "m=faces-vae,faces-sparse";

/** Waits until both models have met all random pictures. */
const surveyed = (page) => page.waitForFunction(() =>
  [0, 1].every((side) => /over \d+ random pictures$/.test(document.getElementById(`surveyed-${side}`).textContent)
    && !/ of /.test(document.getElementById(`surveyed-${side}`).textContent)),
undefined, { timeout: 240000 });

/** Moves a slider, wherever it is. */
const turn = (page, selector, value) => page.locator(selector).evaluate((slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}, value);

/** Moves a factor, so that the bars that follow it are lit. */
async function answers(page) {
  await surveyed(page);
  for (const value of [0.1, 0.9]) {
    await turn(page, "#factor-1", value);
    await page.waitForTimeout(500);
  }
  const cells = page.locator("#answer-1-1 td");
  const shares = (await cells.allTextContents()).map(Number);
  await cells.nth(shares.indexOf(Math.max(...shares))).hover();
  await page.waitForTimeout(500);
}

/** Draws what no model has seen. */
async function strange(page) {
  await surveyed(page);
  await page.locator("label", { hasText: "By hand" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  const { x, y, width } = await page.locator("#original").boundingBox();
  const corners = [[0.25, 0.25], [0.75, 0.25], [0.45, 0.8]].map(([right, down]) => [x + width * right, y + width * down]);
  await page.mouse.move(...corners[0]);
  await page.mouse.down();
  for (const corner of corners.slice(1)) await page.mouse.move(...corner, { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(() => [0, 1].every((side) => document.querySelector(`#alien-${side}.strange`)));
}

/** Waits until all random pictures lie on the map. */
async function mapped(page) {
  await page.waitForFunction(() =>
    [0, 1].every((side) => /^\d+ random pictures$/.test(document.getElementById(`mapped-${side}`).textContent)),
  undefined, { timeout: 240000 });
}

/** Looks along the row of a factor in both models. */
async function looks(page) {
  const row = page.locator("#grid .row", { hasText: "hair colour" });
  for (const side of [0, 1]) await row.locator(`.side-${side} .strip`).focus();
  await page.keyboard.press("End");
  await page.waitForTimeout(800);
}

const VIEWS = {
  "page-light.png": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "page-dark.png": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "page-narrow.png": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "page-answers.png": { viewport: { width: 1280, height: 900 }, colorScheme: "light", hash: `#${FACES}&v=pictures`, act: answers },
  "page-network.png": { viewport: { width: 1440, height: 900 }, colorScheme: "light", hash: `#${FACES}&v=network`, act: (page) => page.waitForTimeout(8000) },
  "page-map.png": { viewport: { width: 1280, height: 900 }, colorScheme: "dark", hash: `#${FACES}&v=map`, act: mapped },
  "page-hand.png": { viewport: { width: 1280, height: 760 }, colorScheme: "dark", hash: `#${SPRITES}&v=pictures`, act: strange },
  "page-way.png": { viewport: { width: 1280, height: 760 }, colorScheme: "light", hash: `#${FACES}&v=between` },
  "preview.png": { viewport: { width: 1200, height: 630 }, colorScheme: "light", hash: `#${FACES}`, act: looks },
};

const [address, folder, ...only] = process.argv.slice(2);
if (!address || !folder) throw new Error("usage: screenshots.mjs ADDRESS FOLDER [NAME…]");
await mkdir(folder, { recursive: true });
const browser = await launch();
for (const [name, { act, hash = "", ...options }] of Object.entries(VIEWS)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const { page } = await visit(browser, `${address}${hash}`, options);
  await Promise.all([ready(page, 0), ready(page, 1)]);
  await page.waitForTimeout(1000);
  await act?.(page);
  await page.screenshot({ path: join(folder, name) });
  await page.close();
}
await browser.close();
