// The tour: six steps, each of which drives the page's own controls.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, drawn, pixels } from "./site.mjs";
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

test("the tour goes on where it was left, and invites nobody who has closed it", async () => {
  const context = await here.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const open = async (text) => {
    await page.goto(`${here.address}#m=vae,sparse`);
    await page.reload();
    for (const side of [0, 1]) await drawn(page, side);
    assert.equal(await page.textContent("#start-tour"), text);
    assert.equal(await page.locator("#start-tour.offer").count(), text === "Tour" ? 0 : 1);
    await page.locator("#start-tour").press("Enter");
  };
  const step = (number) => page.locator("#tour-step", { hasText: `${number} of 6` }).waitFor();
  await open("Take the tour");
  await step(1);
  await page.locator("#tour-next").press("Enter");
  await step(2);
  await open("Continue the tour");
  await step(2);
  await page.locator("#tour-end").click();
  await open("Tour");
  await step(2);
  await context.close();
});

test("a browser that keeps nothing has the tour from its start", async () => {
  const { page, complaints } = await here.shown({ prepare: () =>
    Object.defineProperty(Window.prototype, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } }) });
  await page.locator("#start-tour").click();
  await page.locator("#tour-step", { hasText: "1 of 6" }).waitFor();
  await page.locator("#tour-end").click();
  await page.locator("#tour").waitFor({ state: "hidden" });
  assert.deepEqual(complaints, []);
  await page.close();
});
