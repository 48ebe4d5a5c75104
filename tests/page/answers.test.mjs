// Driving the truth: bars that follow a factor, and the table of who answers to what.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();
const shown = (options) => here.shown({ view: "pictures", ...options });

/** How brightly each unit's bar is lit, 0 to 1. */
const lit = (page, side) => page.locator(`#answers-${side} thead th`).evaluateAll((heads) =>
  heads.map((head) => Number(head.style.getPropertyValue("--lit"))));

/** Where each unit's bar begins and how tall it is. */
const bars = (page, side) => page.locator(`#answers-${side} .level`).evaluateAll((bars) =>
  bars.map((bar) => `${bar.style.bottom} ${bar.style.height}`).join());

/** The table's per cents by factor, once the survey is done. */
async function table(page, side) {
  await page.locator(`#answers-${side}`).scrollIntoViewIfNeeded();
  await page.waitForFunction((side) =>
    /^measured over \d+ random pictures$/.test(document.getElementById(`surveyed-${side}`).textContent), side, { timeout: 60000 });
  const rows = await page.locator(`#answers-${side} tbody tr`).evaluateAll((rows) =>
    rows.map((row) => [row.querySelector("th").textContent, [...row.querySelectorAll("td")].map((td) => Number(td.textContent))]));
  return new Map(rows);
}

test("bars follow a factor, and few of the sparse model's light up where many of the VAE's do", async () => {
  const { page, complaints } = await shown();
  const before = await Promise.all(SIDES.map((side) => bars(page, side)));
  const slider = page.locator("#factors input[type=range]").nth(2);
  await slider.focus();
  for (const key of ["Home", "End"]) {
    await page.keyboard.press(key);
    const original = await pixels(page, "#original");
    await changed(page, "#reconstruction-1", original);
  }
  for (const side of SIDES) {
    await page.waitForFunction(([side, before]) =>
      [...document.querySelectorAll(`#answers-${side} .level`)]
        .map((bar) => `${bar.style.bottom} ${bar.style.height}`).join() !== before, [side, before[side]]);
  }
  await page.waitForFunction(() =>
    [...document.querySelectorAll("#answers-1 thead th")].some((head) => head.style.getPropertyValue("--lit") === "1.00"));
  const [vae, sparse] = (await Promise.all(SIDES.map((side) => lit(page, side)))).map((all) => all.filter((v) => v > 0.5));
  assert.equal(sparse.length, 1);
  assert.ok(vae.length > 1, `${vae.length}`);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the table is measured on the spot, and tells one-to-one from entangled", async () => {
  const { page } = await shown();
  const [vae, sparse] = [await table(page, 0), await table(page, 1)];
  for (const rows of [vae, sparse]) {
    assert.deepEqual([...rows.keys()], ["shape", "scale", "orientation", "posX", "posY"]);
    for (const row of rows.values()) {
      const sum = row.reduce((sum, share) => sum + share);
      assert.ok(Math.abs(sum - 100) <= row.length / 2, `${row}`);
    }
  }
  const [most, least] = [sparse, vae].map((rows) =>
    ["scale", "posX", "posY"].map((factor) => Math.max(...rows.get(factor))));
  const mean = (shares) => shares.reduce((sum, share) => sum + share) / shares.length;
  assert.ok(Math.max(...most) > 80 && mean(most) > mean(least) + 20, `${most} against ${least}`);
  const fill = (cell) => cell.evaluate((td) => getComputedStyle(td).backgroundColor);
  const cells = page.locator("#answers-1 tbody tr").nth(3).locator("td");
  const colours = await Promise.all((await cells.all()).map(fill));
  assert.ok(new Set(colours).size > 1, `${colours}`);
  await page.close();
});

test("a square and a bar say their numbers under the pointer", async () => {
  const { page } = await shown();
  await table(page, 1);
  await page.locator("#answer-1-3 td").first().hover();
  assert.match(await page.textContent("#reading-1"),
    /^\d+ % of the effect of posX goes to z[₀-₉]+\. posX causes \d+ % of the variance of z[₀-₉]+\./);
  await page.locator("#answers-1 thead th").first().hover();
  assert.match(await page.textContent("#reading-1"), /^z[₀-₉]+ = −?[\d.]+ ± [\d.]+$/);
  await page.close();
});

for (const [hand, act] of Object.entries({
  "a click on a square": (page) => page.locator("#answer-0-3 td").first().click(),
  "the row's button by keyboard": (page) => page.locator("#answer-0-3 button").press("Enter"),
})) {
  test(`${hand} moves the factor to and fro, and it comes home`, async () => {
    const { page } = await shown({ reducedMotion: "no-preference" });
    await page.locator("#answers-0").scrollIntoViewIfNeeded();
    const home = await pixels(page, "#original");
    await act(page);
    const away = await changed(page, "#original", home);
    await changed(page, "#original", away);
    await page.waitForFunction((home) => {
      const canvas = document.querySelector("#original");
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === home;
    }, home);
    await page.waitForFunction(() => document.querySelector("#factor-value-3").textContent === "0.50");
    await page.close();
  });
}

test("a touch stops a factor that moves", async () => {
  const { page } = await shown({ reducedMotion: "no-preference" });
  const home = await pixels(page, "#original");
  await page.locator("#answer-0-3 button").press("Enter");
  await changed(page, "#original", home);
  await page.locator("#lead").click();
  await page.waitForFunction(() => document.querySelector("#factor-value-3").textContent === "0.50");
  assert.equal(await pixels(page, "#original"), home);
  await page.waitForTimeout(200);
  assert.equal(await pixels(page, "#original"), home, "it stays");
  await page.close();
});
