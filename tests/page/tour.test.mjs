// The tour: six steps, each of which drives the page's own controls.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();

test("the tour goes through its steps by keys, drives a factor, and can be left", async () => {
  const { page, complaints } = await here.shown({ reducedMotion: "no-preference" });
  await page.locator("#start-tour").press("Enter");
  const views = [];
  for (let step = 1; step <= 6; step++) {
    await page.waitForFunction((step) => document.querySelector("#tour-step").textContent === `${step} of 6`, step);
    views.push(await page.locator("nav a[aria-current]").textContent());
    if (step === 4) await changed(page, "#original", await pixels(page, "#original"));
    if (step < 6) await page.locator("#tour-next").press("Enter");
  }
  assert.deepEqual(views, ["Sliders", "Rows", "Histograms", "Pictures", "Check", "Rows"]);
  await page.locator("#tour-next").waitFor({ state: "hidden", timeout: 5_000 });
  await page.locator("#tour-back").click();
  await page.locator("#claim").waitFor();
  await page.locator("#tour-end").click();
  await page.locator("#tour").waitFor({ state: "hidden", timeout: 5_000 });
  assert.deepEqual(complaints, []);
  await page.close();
});
