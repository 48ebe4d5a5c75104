// The first view: both models' pictures, side by side at any width.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { LIVE, stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();
const { shown } = here;

/** Rows of pictures, and what the page says of numbers that move. */
const rows = (page) => page.getByRole("slider", { name: /^Row of/ });
const values = (page) => page.getByText(/^z[₀-₉]+ = /);

for (const [width, height] of [[390, 844], [820, 1180], [1440, 900], [2560, 1440]]) {
  test(`both pictures move side by side in the first view of ${width} × ${height}`, async () => {
    const { page } = await shown({ viewport: { width, height }, reducedMotion: "no-preference" }, here.address);
    const [left, right] = await Promise.all(SIDES.map((side) => page.locator(LIVE[side]).boundingBox()));
    assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 2, `${left.y} and ${right.y}`);
    for (const { y, height: tall } of [left, right]) assert.ok(y + tall <= height, `${y} + ${tall}`);
    for (const side of SIDES) {
      await changed(page, LIVE[side], await pixels(page, LIVE[side]));
    }
    await page.close();
  });
}

test("having moved to and fro it invites the hand, which then leads", async () => {
  const { page } = await shown({ reducedMotion: "no-preference" }, here.address);
  await values(page).nth(1).waitFor();
  await page.getByText("Your turn: move along a row").waitFor();
  await rows(page).first().hover();
  await values(page).nth(1).waitFor({ state: "hidden" });
  assert.equal(await values(page).count(), 1);
  await page.close();
});

test("thumbnails are at least 56 pixels wide at 1440, and rows of the same factor stand beside each other", async () => {
  const { page } = await shown({}, undefined);
  const heights = await rows(page).evaluateAll((all) => all.map((strip) => strip.getBoundingClientRect().height));
  assert.ok(heights.every((height) => height >= 56), `${heights}`);
  const pair = SIDES.map((side) => rows(page).nth(side));
  const [name, other] = await Promise.all(pair.map(async (row) => /Row of (.*) \(/.exec(await row.getAttribute("aria-label"))[1]));
  assert.equal(name, other);
  const [left, right] = await Promise.all(pair.map((row) => row.boundingBox()));
  assert.ok(Math.abs(left.y - right.y) < 2 && left.x + left.width < right.x);
  await page.close();
});

for (const [width, height] of [[390, 844], [1280, 720], [1366, 768], [1440, 900]]) {
  test(`rows are in the first view of ${width} × ${height}, and the live pictures stay in it`, async () => {
    const { page } = await shown({ viewport: { width, height } });
    const seen = await rows(page).evaluateAll((all) =>
      all.filter((strip) => strip.getBoundingClientRect().bottom <= innerHeight).length);
    assert.ok(seen >= 4, `${seen} rows`);
    await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: "instant" }));
    for (const side of SIDES) {
      const { y, height: tall } = await page.locator(LIVE[side]).boundingBox();
      assert.ok(y >= 0 && y + tall <= height, `${y}`);
    }
    await page.close();
  });
}

test("a swipe that scrolls leaves no preview behind", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await rows(page).first().dispatchEvent("pointerdown", { pointerType: "touch", clientX: 60, clientY: 600 });
  await values(page).waitFor();
  await rows(page).first().dispatchEvent("pointercancel", { pointerType: "touch" });
  await values(page).waitFor({ state: "hidden" });
  await page.close();
});
