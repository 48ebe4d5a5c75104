// The check of the claim: scores measured in the browser, in a worker of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();

const cells = (page, column) =>
  page.locator(`#verdict tr > :nth-child(${column})`).allTextContents();

test("both models are measured while dragging stays live, and come near their cards' scores", async () => {
  const { page, complaints } = await here.shown({ view: "check" });
  assert.ok((await cells(page, 2)).every((value) => value === "–"));
  const cards = (await cells(page, 3)).map(Number);
  await page.locator("#measure").click();
  await page.locator("#check-progress").waitFor();
  await page.locator("#tab-sliders").click();
  const before = await pixels(page, "#live-1");
  const slider = page.locator("#sliders-1 input").first();
  await slider.focus();
  await page.keyboard.press("End");
  await changed(page, "#live-1", before);
  await page.locator("#tab-check").click();
  // The slider did not wait for the scores: they are still being measured.
  await page.locator("#check-progress").waitFor({ timeout: 5_000 });
  await page.waitForFunction(() => document.querySelector("#check-progress").value > 0);
  await page.waitForFunction(() => /^about \d+ (seconds|minutes) left$/.test(document.querySelector("#check-left").textContent));
  await page.locator("#check-progress").waitFor({ state: "hidden", timeout: 240_000 });
  const names = await cells(page, 1);
  assert.deepEqual(names.slice(-2), ["NLL, nats (less is better)", "MSE (less is better)"]);
  for (const [column, claims] of [[2, cards], [4, (await cells(page, 5)).map(Number)]]) {
    const here = (await cells(page, column)).map(Number);
    here.forEach((value, i) => {
      // Errors in nats are measured on fewer pictures.
      const least = names[i].startsWith("NLL") ? 0.15 * claims[i] : 0.15;
      assert.ok(Math.abs(value - claims[i]) < least, `${names[i]}: ${value}, ${claims[i]}`);
    });
  }
  const [mig] = await cells(page, 2), [other] = await cells(page, 4);
  assert.ok(Number(other) > Number(mig), "the sparse model's gap is the larger one");
  await page.locator("#claim summary").click();
  const lines = await page.locator("#protocols p").allTextContents();
  for (const line of ["MIG mutual information gap, 20 bins.", "MIG here: 2000 codes.", "NLL, nats, MSE here: 500 images of sprites drawn at random."]) {
    assert.ok(lines.includes(line), `${line} is not among ${lines.join(" | ")}`);
  }
  const methods = lines.filter((line) => line.includes("gradient-boosted trees"));
  assert.deepEqual(methods, ["DCI disentanglement, DCI completeness, DCI informativeness gradient-boosted trees."]);
  assert.equal(new Set(lines).size, lines.length, "no protocol stands there twice");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a check is stopped at once, and the page goes on", async () => {
  const { page } = await here.shown({ view: "check" });
  await page.locator("#measure-fully").focus();
  await page.keyboard.press("Enter");
  await page.locator("#stop").click();
  await page.locator("#check-progress").waitFor({ state: "hidden", timeout: 5_000 });
  assert.ok((await cells(page, 2)).every((value) => value === "–"));
  assert.ok(await page.locator("#measure").isEnabled());
  await page.close();
});
