// How it works: the article, and what the cards say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./stage.mjs";

const here = stage();
const SIDES = [0, 1];

/** A canvas's pixels, as one string. */
const shot = (canvas) =>
  canvas.evaluate((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join());

/** The three pictures on a canvas. */
const thirds = (canvas) =>
  canvas.evaluate((canvas) => [0, 1, 2].map((i) =>
    canvas.getContext("2d").getImageData(i * canvas.width / 3, 0, canvas.width / 3, canvas.height).data.join()));

/** Waits until a canvas shows other pixels. */
async function another(page, canvas, before) {
  for (let i = 0; i < 300 && (await shot(canvas)) === before; i++) await page.waitForTimeout(100);
  assert.notEqual(await shot(canvas), before);
}

test("every score of a card has a name, and a range stands beside its score", async () => {
  const { page, complaints } = await here.shown({ view: "how" });
  const table = page.getByRole("region", { name: "Scores of the cards" });
  const names = await table.getByRole("rowheader").allTextContents();
  assert.ok(names.length > 15);
  for (const name of names) assert.doesNotMatch(name, /_/);
  const row = table.getByRole("row", { name: /^SAP / });
  for (const cell of await row.getByRole("cell").allTextContents()) {
    const [middle, low, high] = cell.match(/[\d.]+/g).map(Number);
    assert.ok(low <= middle && middle <= high, cell);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the article's first figure turns one unit of each model by keyboard", async () => {
  const { page } = await here.shown({ view: "how" });
  const figure = page.locator("#article").getByRole("figure").filter({ has: page.getByRole("slider") }).first();
  for (const side of SIDES) {
    const picture = figure.getByRole("img", { name: "Decoded picture" }).nth(side);
    const before = await shot(picture);
    await figure.getByRole("slider").nth(side).focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight");
    await another(page, picture, before);
  }
  await page.close();
});

test("the article's figure of the posterior follows the picture", async () => {
  const { page } = await here.shown({ view: "how" });
  const figure = page.locator("#article").getByRole("figure").filter({ has: page.getByRole("button", { name: "Random picture" }) });
  const codes = () => figure.getByRole("status").allTextContents();
  const before = await codes();
  assert.equal(before.length, 2);
  for (const code of before) assert.match(code, /^z[₀-₉]+: μ = −?\d+\.\d\d, σ = \d+\.\d\d$/);
  const picture = figure.getByRole("img", { name: "Picture that both encode" });
  const seen = await shot(picture);
  await figure.getByRole("button", { name: "Random picture" }).focus();
  await page.keyboard.press("Enter");
  await another(page, picture, seen);
  await page.waitForFunction((before) =>
    [...document.querySelectorAll("#article figure output")].every((output) => !before.includes(output.textContent) || output.id === "exchanged"), before);
  for (const chart of await figure.getByRole("img", { name: "Histogram of μ" }).all()) {
    const box = await chart.boundingBox();
    const mark = await chart.locator("xpath=following-sibling::span").boundingBox();
    assert.ok(mark.x >= box.x - 4 && mark.x + mark.width <= box.x + box.width + 4, "the marker is on the axis");
  }
  await page.close();
});

test("the article's last figure gives A one number of B, that of the chosen factor", async () => {
  const { page, complaints } = await here.shown({ view: "how" });
  const slider = page.getByRole("slider", { name: "From B" });
  await slider.waitFor();
  const strips = page.getByRole("img", { name: "A, A with one number of B, and B" });
  await page.waitForFunction(() => [...document.querySelectorAll("#article .three")].every((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value, i) => i % 4 < 3 && value > 0)));
  const [first, whole] = [await thirds(strips.nth(1)), await shot(strips.nth(1))];
  await slider.focus();
  const names = new Set([await slider.getAttribute("aria-valuetext")]);
  await page.keyboard.press("ArrowRight");
  await another(page, strips.nth(1), whole);
  names.add(await slider.getAttribute("aria-valuetext"));
  assert.equal(names.size, 2);
  const [a, mixed, b] = await thirds(strips.nth(1));
  assert.deepEqual([a, b], [first[0], first[2]], "A and B stay");
  assert.notEqual(mixed, first[1]);
  assert.deepEqual(complaints, []);
  await page.close();
});
