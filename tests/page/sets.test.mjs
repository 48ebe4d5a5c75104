// The choice of a data set: both sides go to its models.
import assert from "node:assert/strict";
import { test } from "node:test";
import { built, drawn, ready, serve } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage();

/** The shipped manifest with its models' sets changed. */
const manifest = (change) => (bytes) => {
  const { models, ...rest } = JSON.parse(bytes);
  return JSON.stringify({ ...rest, models: change(models) });
};

test("a set brings both sides its models, by pointer and by keys", async () => {
  const twice = manifest((models) => ["One", "Two"].flatMap((set) =>
    ["vae", "sparse"].map((name) => ({
      ...models.find((model) => model.name === name), set, name: set === "One" ? name : `two-${name}`, title: `${name} of ${set}`,
    }))));
  const site = await serve({ "models/manifest.json": twice });
  const { page, complaints } = await here.shown({}, site.address);
  const chosen = () => page.$$eval("#menu-0, #menu-1", (menus) => menus.map((menu) => menu.value));
  const both = async (names) => {
    await page.waitForFunction((names) =>
      [...document.querySelectorAll("#menu-0, #menu-1")].map((menu) => menu.value).join() === names, names.join());
    for (const side of [0, 1]) await ready(page, side);
  };
  assert.deepEqual(await chosen(), ["vae", "sparse"]);
  assert.deepEqual(await page.$$eval("#menu-0 optgroup", (groups) => groups.map((group) => group.label)), ["One", "Two"]);
  assert.ok(await page.locator("#set-0").isChecked());
  await page.getByText("Two", { exact: true }).click();
  await both(["two-vae", "two-sparse"]);
  assert.equal(await page.locator("#menu-1 option:checked").textContent(), "sparse of Two");
  await page.keyboard.press("ArrowLeft");
  await both(["vae", "sparse"]);
  assert.equal(await page.evaluate(() => document.activeElement.id), "set-0");
  await page.locator("#menu-0").selectOption("two-sparse");
  await both(["two-sparse", "sparse"]);
  assert.equal(await page.locator("#sets input:checked").count(), 0, "the sides' sets differ");
  assert.deepEqual(complaints, []);
  await page.close();
  await site.close();
});

test("where all models are of one set there is no choice of sets", async () => {
  const site = await serve({ "models/manifest.json": manifest((models) => models.map((model) => ({ ...model, set: "One" }))) });
  const { page } = await here.shown({}, `${site.address}#m=vae,sparse`);
  assert.ok(await page.locator("#sets").isHidden());
  assert.equal(await page.locator("#menu-0 optgroup").count(), 0);
  await page.close();
  await site.close();
});

test("every shipped set draws on both sides, from its own world's factors where it has one", async () => {
  const { models } = JSON.parse(await built("models/manifest.json"));
  const sets = [...new Set(models.map((model) => model.set))];
  assert.ok(sets.length > 1);
  const { page, complaints } = await here.shown({ view: "pictures" });
  const worlds = [];
  for (const set of sets.toReversed()) {
    await page.locator("#sets label", { hasText: new RegExp(`^${set}$`) }).click();
    const names = models.filter((model) => model.set === set).map((model) => model.name);
    await page.waitForFunction((names) =>
      [...document.querySelectorAll("#menu-0, #menu-1")].every((menu) => names.includes(menu.value)), names);
    for (const side of [0, 1]) await drawn(page, side);
    const world = await page.getAttribute("#factors", "data-world");
    worlds.push(world);
    assert.equal(await page.locator("#no-scene").isVisible(), world === null);
    for (const part of ["#random", "#original", "#reconstruction-0", "#difference-1"])
      assert.equal(await page.locator(part).isVisible(), world !== null, `${set}: ${part}`);
    if (world) for (const side of [0, 1]) await ready(page, side);
    const colours = await page.$eval("#live-1", (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(data).size;
    });
    assert.ok(colours > 2, `${set} draws nothing`);
    if (world === null) {
      assert.equal(await page.locator("#answers td").count(), 0, "no table without a world");
      await page.locator("#tab-check").click();
      await page.locator("#no-check").waitFor();
      assert.ok(await page.locator("#measure").isDisabled());
      await page.locator("#tab-pictures").click();
    }
    assert.ok(await page.locator("#failure-0, #failure-1").evaluateAll((all) => all.every((notice) => notice.hidden)));
  }
  const graded = new Set(models.filter(({ strength }) => strength !== undefined).map((model) => model.set));
  assert.equal(new Set(worlds).size, sets.length - graded.size, `${worlds}: strengths are of a world that another set shows`);
  assert.deepEqual(complaints, []);
  await page.close();
});
