// The check of the claim: scores measured in the browser, in a worker of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { LIVE, stage } from "./stage.mjs";

const here = stage();

/** A column of the table of scores; the first has their names. */
const cells = (page, column) =>
  page.getByRole("region", { name: "Scores", exact: true }).locator(`tbody tr > :nth-child(${column})`).allTextContents();

const progress = (page) => page.getByRole("progressbar", { name: "Measuring both models" });
const tab = (page, name) => page.getByRole("navigation").getByRole("link", { name, exact: true });

test("both models are measured while dragging stays live, and come near their cards' scores", async () => {
  const { page, complaints } = await here.shown({ view: "check" });
  assert.ok((await cells(page, 2)).every((value) => value === "–"));
  const cards = (await cells(page, 3)).map(Number);
  await page.getByRole("button", { name: "Measure both models" }).click();
  await progress(page).waitFor();
  await tab(page, "Sliders").click();
  const before = await pixels(page, LIVE[1]);
  const slider = page.getByRole("region", { name: "Sliders" }).getByRole("article").nth(1).getByRole("slider").first();
  await slider.focus();
  await page.keyboard.press("End");
  await changed(page, LIVE[1], before);
  await tab(page, "Check").click();
  // The slider did not wait for the scores: they are still being measured.
  await progress(page).waitFor({ timeout: 5_000 });
  await page.getByText(/^about \d+ (seconds|minutes) left$/).waitFor();
  assert.ok((await progress(page).evaluate((bar) => bar.value)) > 0);
  await progress(page).waitFor({ state: "hidden", timeout: 240_000 });
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
  await page.getByText("How each score was measured").click();
  const lines = await page.getByRole("group").filter({ hasText: "How each score was measured" }).getByRole("paragraph").allTextContents();
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
  await page.getByRole("button", { name: "In full (minutes)" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await progress(page).waitFor({ state: "hidden", timeout: 5_000 });
  assert.ok((await cells(page, 2)).every((value) => value === "–"));
  assert.ok(await page.getByRole("button", { name: "Measure both models" }).isEnabled());
  await page.close();
});
