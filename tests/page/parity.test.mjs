// The page's canvas shows the golden pictures: native, wasm and what the visitor sees agree.
import assert from "node:assert/strict";
import { test } from "node:test";
import { golden } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();

/** The canvas's red channel. */
const shown = (page, selector) =>
  page.$eval(selector, (canvas) => [
    ...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0),
  ]);

// A shape and the key that brings every slider but the orientation to its end, with the index on the grid.
for (const [index, shape, key] of [[0, "square", "Home"], [697343, "heart", "End"]]) {
  test(`both reconstructions of the ${shape} at the sliders' ${key} are the golden ones`, async () => {
    const { page } = await here.shown({ view: "pictures" });
    await page.locator("#factors .choice label", { hasText: shape }).click();
    for (const slider of await page.locator("#factors input[type=range]").all()) {
      const turn = (await page.locator(`label[for=${await slider.getAttribute("id")}]`).textContent()) === "orientation";
      await slider.press(turn ? "Home" : key);
    }
    for (const side of [0, 1]) {
      const file = `${await page.locator(`#menu-${side}`).inputValue()}.safetensors`;
      const expected = (await golden(file)).get(index);
      await page.waitForFunction(
        ([selector, expected]) => {
          const canvas = document.querySelector(selector);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return expected.every((value, i) => Math.abs(data[4 * i] - value) <= 1);
        },
        [`#reconstruction-${side}`, expected],
        { timeout: 5000 },
      ).catch(() => {});
      const worst = (await shown(page, `#reconstruction-${side}`))
        .reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
      assert.ok(worst < 0.51, `${file} differs by ${worst} of 255`);
    }
    await page.close();
  });
}
