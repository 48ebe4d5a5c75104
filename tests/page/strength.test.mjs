// The slider over models that differ only in the strength of their sparsity.
import assert from "node:assert/strict";
import { test } from "node:test";
import { built, changed, pixels, ready } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();

test("the slider of the sparsity brings its model, its rows and its scores", async () => {
  const { models } = JSON.parse(await built("models/manifest.json"));
  const graded = models.filter(({ strength }) => strength !== undefined).sort((a, b) => a.strength - b.strength);
  assert.ok(graded.length >= 5);
  const { page, complaints } = await here.shown({ view: "rows" });
  assert.ok(await page.locator("#strength").isHidden(), "other sets have no such slider");
  await page.locator("#sets label", { hasText: new RegExp(`^${graded[0].set}$`) }).click();
  const slider = page.getByRole("slider", { name: "Sparsity" });
  await slider.waitFor();
  for (const side of [0, 1]) await ready(page, side);
  for (const [key, model] of [["Home", graded[0]], ["End", graded.at(-1)]]) {
    const before = await pixels(page, "#live-1");
    await slider.focus();
    await page.keyboard.press(key);
    await page.waitForFunction((name) => document.getElementById("menu-1").value === name, model.name);
    await changed(page, "#live-1", before);
    assert.equal(await page.locator("#strength-value").textContent(), String(model.strength));
    const told = await page.locator("#strength-curve .told").textContent();
    assert.match(told, new RegExp(`NLL ${model.scores[0].toFixed(1)} nats, DCI disentanglement ${model.scores[1].toFixed(2)}`));
  }
  const curve = page.getByRole("img", { name: /^Reconstruction against disentanglement/ });
  assert.equal(await curve.locator("circle").count(), graded.length);
  // On a phone too, beside the slider.
  await page.setViewportSize({ width: 390, height: 844 });
  const [line, knob] = [await curve.boundingBox(), await slider.boundingBox()];
  assert.ok(line.width > 100 && line.x + line.width <= 390 && line.y < knob.y + knob.height, JSON.stringify({ line, knob }));
  assert.deepEqual(complaints, []);
  await page.close();
});
