// Photographs the page for the README: `screenshots.mjs ADDRESS FOLDER`.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, ready, visit } from "./site.mjs";

/** Waits until both models have met all random pictures. */
const surveyed = (page) => page.waitForFunction(() =>
  [0, 1].every((side) => /^\d+ random pictures$/.test(document.getElementById(`surveyed-${side}`).textContent)),
undefined, { timeout: 60000 });

/** Brings an element to the top of the view. */
const top = (page, selector) => page.locator(selector).evaluate((element) => element.scrollIntoView());

/** Moves a slider, wherever it is. */
const turn = (page, selector, value) => page.locator(selector).evaluate((slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}, value);

/** Moves a factor, so that the bars that follow it are lit. */
async function answers(page) {
  await top(page, "#answers-title");
  await surveyed(page);
  for (const value of [0.1, 0.9]) {
    await turn(page, "#factor-3", value);
    await page.waitForTimeout(500);
  }
  await page.waitForFunction(() =>
    [...document.querySelectorAll("#answers-1 thead th")].some((head) => head.style.getPropertyValue("--lit") === "1.00"));
  const cells = page.locator("#answer-1-3 td");
  const shares = (await cells.allTextContents()).map(Number);
  await cells.nth(shares.indexOf(Math.max(...shares))).hover();
}

/** Draws what no model has seen. */
async function strange(page) {
  await top(page, "#pictures-title");
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

/** Goes some of the way from A to B. */
async function way(page) {
  await top(page, "#way-title");
  await surveyed(page);
  await turn(page, "#along", 0.3);
  await page.waitForTimeout(500);
}

const VIEWS = {
  "page-light.png": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "page-dark.png": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "page-narrow.png": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "page-answers.png": { viewport: { width: 1280, height: 720 }, colorScheme: "light", act: answers },
  "page-hand.png": { viewport: { width: 1280, height: 760 }, colorScheme: "dark", act: strange },
  "page-way.png": { viewport: { width: 1280, height: 530 }, colorScheme: "light", act: way },
};

const [address, folder] = process.argv.slice(2);
if (!address || !folder) throw new Error("usage: screenshots.mjs ADDRESS FOLDER");
await mkdir(folder, { recursive: true });
const browser = await launch();
for (const [name, { act, ...options }] of Object.entries(VIEWS)) {
  const { page } = await visit(browser, address, options);
  await Promise.all([ready(page, 0), ready(page, 1)]);
  await act?.(page);
  await page.screenshot({ path: join(folder, name) });
  await page.close();
}
await browser.close();
