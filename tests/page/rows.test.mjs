// The first view: both models' pictures, side by side at any width.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const { shown } = stage();

for (const [width, height] of [[390, 844], [820, 1180], [1440, 900], [2560, 1440]]) {
  test(`both pictures move side by side in the first view of ${width} × ${height}`, async () => {
    const { page } = await shown({ viewport: { width, height }, reducedMotion: "no-preference" });
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
  const { page } = await shown({ reducedMotion: "no-preference" });
  await page.waitForFunction(() => /^unit/.test(document.getElementById("caption-0").textContent));
  await page.waitForFunction(() => /^Your turn/.test(document.getElementById("caption-0").textContent));
  await page.locator("#rows-0 .strip").first().hover();
  await page.waitForFunction(() => /^unit/.test(document.getElementById("caption-0").textContent));
  assert.equal(await page.textContent("#caption-1"), "the picture of the present code");
  await page.close();
});

test("on a phone each model's rows stand under its name", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 } });
  for (const side of SIDES) {
    const name = page.locator(`.of[data-name="${side}"]`);
    assert.ok(await name.isVisible());
    const [above, rows] = [await name.boundingBox(), await page.locator(`#rows-${side}`).boundingBox()];
    assert.ok(above.y < rows.y && rows.width > 300, `${above.y} ${rows.y} ${rows.width}`);
  }
  await page.close();
});
