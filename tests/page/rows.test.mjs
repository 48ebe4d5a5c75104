// The first view: both models' pictures, side by side at any width.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();
const { shown } = here;

for (const [width, height] of [[390, 844], [820, 1180], [1440, 900], [2560, 1440]]) {
  test(`both pictures move side by side in the first view of ${width} × ${height}`, async () => {
    const { page } = await shown({ viewport: { width, height }, reducedMotion: "no-preference" }, here.address);
    const [left, right] = await Promise.all(SIDES.map((side) => page.locator(`#live-${side}`).boundingBox()));
    assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 2, `${left.y} and ${right.y}`);
    for (const { y, height: tall } of [left, right]) assert.ok(y + tall <= height, `${y} + ${tall}`);
    for (const side of SIDES) {
      const first = await pixels(page, `#live-${side}`);
      await page.waitForFunction(([side, first]) => {
        const canvas = document.getElementById(`live-${side}`);
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() !== first;
      }, [side, first]);
    }
    await page.close();
  });
}

test("having moved to and fro it invites the hand, which then leads", async () => {
  const { page } = await shown({ reducedMotion: "no-preference" }, here.address);
  await page.waitForFunction(() => /^z/.test(document.getElementById("value-0").textContent));
  await page.waitForFunction(() => /^Your turn/.test(document.getElementById("invite").textContent));
  await page.locator("#grid .side-0 .strip").first().hover();
  await page.waitForFunction(() => /^z/.test(document.getElementById("value-0").textContent) && !document.getElementById("value-1").textContent.trim());
  await page.close();
});

test("thumbnails are at least 56 pixels wide at 1440, and rows of the same factor stand beside each other", async () => {
  const { page } = await shown({}, undefined);
  const heights = await page.locator("#grid .strip").evaluateAll((all) => all.map((strip) => strip.getBoundingClientRect().height));
  assert.ok(heights.every((height) => height >= 56), `${heights}`);
  const first = page.locator("#grid .row").first();
  const [left, right] = await Promise.all([0, 1].map((side) => first.locator(`.side-${side} .strip`).boundingBox()));
  assert.ok(Math.abs(left.y - right.y) < 2 && left.x + left.width < right.x);
  await page.close();
});

for (const [width, height] of [[390, 844], [1280, 720], [1366, 768], [1440, 900]]) {
  test(`rows are in the first view of ${width} × ${height}, and the live pictures stay in it`, async () => {
    const { page } = await shown({ viewport: { width, height } });
    const seen = await page.locator("#grid .strip").evaluateAll((all) =>
      all.filter((strip) => strip.getBoundingClientRect().bottom <= innerHeight).length);
    assert.ok(seen >= 4, `${seen} rows`);
    await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: "instant" }));
    for (const side of SIDES) {
      const { y, height: tall } = await page.locator(`#live-${side}`).boundingBox();
      assert.ok(y >= 0 && y + tall <= height, `${y}`);
    }
    await page.close();
  });
}

test("a swipe that scrolls leaves no preview behind", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.locator("#grid .strip").first().dispatchEvent("pointerdown", { pointerType: "touch", clientX: 60, clientY: 600 });
  await page.locator(".looked").waitFor();
  await page.locator("#grid .strip").first().dispatchEvent("pointercancel", { pointerType: "touch" });
  await page.waitForFunction(() => !document.querySelector(".looked"));
  await page.close();
});
