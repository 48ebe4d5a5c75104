// The map's pictures in place of dots, and its regions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();
const SIDES = [0, 1];

async function mapped(options) {
  const seen = await here.shown({ view: "map", ...options });
  for (const side of SIDES) {
    await seen.page.waitForFunction((side) => /^256 random/.test(document.getElementById(`mapped-${side}`).textContent), side);
  }
  return seen;
}

test("dots give way to decoded pictures, and come back", async () => {
  const { page, complaints } = await mapped();
  const button = page.locator("#thumbs");
  assert.equal(await button.getAttribute("aria-pressed"), "false");
  await button.click();
  for (const side of SIDES) {
    const thumbs = page.locator(`#thumbs-${side} canvas`);
    await page.waitForFunction((side) => [...document.querySelectorAll(`#thumbs-${side} canvas`)].every((canvas) =>
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v, i) => i % 4 === 0 && v > 60)), side);
    assert.ok((await thumbs.count()) > 12 && (await thumbs.count()) <= 64, `${await thumbs.count()}`);
  }
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  await button.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("#thumbs-0 canvas").length === 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

const told = (page) => page.textContent("#brushed-told");

test("a region that is marked shows its pictures and what they share", async () => {
  const { page, complaints } = await mapped();
  const live = await pixels(page, "#live-1");
  const pad = page.locator("#pad-1");
  await page.locator("#brush").click();
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const other = await pixels(page, "#dots-0");
  await page.mouse.move(box.x + box.width * 0.02, box.y + box.height * 0.02);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.62, box.y + box.height * 0.98, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => /^\d+ of 256 random pictures\. (What they share most: .+ from .+ to |\d+ of them have )/.test(document.getElementById("brushed-told").textContent));
  const [count] = (await told(page)).match(/\d+/).map(Number);
  assert.ok(count > 5 && count < 200, `${count}`);
  // The map's axes are what the sparse model tells best: a strip across one of them shares its factor.
  const across = (await page.locator("#axis-1-0 option:checked").textContent()).replace(/ \(.*/, "");
  assert.ok((await told(page)).includes(across), `${await told(page)}, not ${across}`);
  await changed(page, "#dots-0", other);
  for (const canvas of ["#brushed-strip", "[data-slot=brushed-0-0]", "[data-slot=brushed-1-0]"]) {
    await page.waitForFunction((canvas) => {
      const { width, height } = document.querySelector(canvas);
      return width > height && document.querySelector(canvas).getContext("2d").getImageData(0, 0, width, height).data.some((v, i) => i % 4 === 0 && v > 60);
    }, canvas);
  }
  assert.equal(await pixels(page, "#live-1"), live, "to mark is not to turn");
  await page.getByRole("button", { name: "Unmark" }).click();
  await page.waitForSelector("#brushed", { state: "hidden" });
  assert.deepEqual(complaints, []);
  await page.close();
});

test("keys mark a region too, from the present code on", async () => {
  const { page } = await mapped();
  const live = await pixels(page, "#live-0");
  await page.locator("#pad-0").focus();
  for (const key of ["Right", "Up"]) {
    for (let i = 0; i < 6; i++) await page.keyboard.press(`Shift+Arrow${key}`);
  }
  await page.waitForFunction(() => /^[1-9]\d* of 256/.test(document.getElementById("brushed-told").textContent));
  assert.equal(await pixels(page, "#live-0"), live);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#brushed", { state: "hidden" });
  await page.keyboard.press("ArrowRight");
  await changed(page, "#live-0", live);
  await page.close();
});
