// The address tells the page's state; a slide shows the rows alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels, ready } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage({ base: "/deep/path/" });

test("the address follows what is set, and another visitor who opens it sees the same", async () => {
  const { page } = await here.shown();
  assert.equal(page.url(), here.address, "before a touch the address is plain");
  const name = await page.locator("#menu-1").inputValue();
  await page.locator("#menu-0").selectOption(name);
  await ready(page, 0);
  const before = await pixels(page, "#twin-1");
  await page.locator("#factors input[type=range]").last().focus();
  await page.keyboard.press("End");
  await changed(page, "#twin-1", before);
  const moved = await pixels(page, "#twin-1");
  await page.locator("#sliders-1 input").first().focus();
  await page.keyboard.press("Home");
  await changed(page, "#twin-1", moved);
  await page.locator("#fold-1 summary").click();
  await page.waitForURL(/#m=.*&f=.*&b=.*&o=01$/);
  const views = ["#original", "#twin-0", "#twin-1", "#live-1"];
  const mine = await Promise.all(views.map((view) => pixels(page, view)));
  const { page: other, complaints } = await here.shown({}, page.url());
  await other.waitForFunction(
    ([view, mine]) => {
      const canvas = document.querySelector(view);
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === mine;
    },
    ["#twin-1", mine[2]],
  );
  assert.deepEqual(await Promise.all(views.map((view) => pixels(other, view))), mine);
  assert.equal(await other.locator("#menu-0").inputValue(), name);
  assert.equal(await other.$eval("#fold-1", (fold) => fold.open), true);
  assert.equal(other.url(), page.url());
  assert.deepEqual(complaints, []);
  await page.close();
  await other.close();
});

test("a link that is put into an open page's address is followed, and one to a part of the page is not", async () => {
  const { page, complaints } = await here.shown();
  const start = await pixels(page, "#twin-1");
  await page.locator("#factors input[type=range]").last().press("End");
  const there = await changed(page, "#twin-1", start);
  await page.waitForURL(/#m=/);
  const link = page.url();
  await page.locator("#factors input[type=range]").last().press("Home");
  await changed(page, "#twin-1", there);
  await page.waitForURL((url) => url.hash.startsWith("#m=") && url.href !== link);
  await page.locator("nav a", { hasText: "Check" }).click();
  await page.waitForURL(/#m=/);
  assert.notEqual(page.url(), link);
  const away = await pixels(page, "#twin-1");
  await page.evaluate((link) => { location.href = link; }, link);
  assert.equal(await changed(page, "#twin-1", away), there);
  await page.waitForURL(link);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a link is copied", async () => {
  const context = await here.browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  await page.goto(here.address);
  for (const side of [0, 1]) await ready(page, side);
  await page.locator("#copy").click();
  await page.getByText("Link copied").waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(text, page.url());
  assert.match(text, /#m=/);
  await context.close();
});

test("a link that makes no sense opens the page as it is without", async () => {
  const { page, complaints } = await here.shown({}, `${here.address}#m=%00,gone&f=1&a=x&b=1,2`);
  assert.equal(await page.$eval("#notice", (notice) => notice.hidden), true);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("an embedded page shows the rows of both models and nothing else", async () => {
  const { page } = await here.shown({ viewport: { width: 800, height: 600 } }, `${here.address}?embed`);
  for (const part of [".top", "#knobs", "#pictures", "#claim", "footer", "h1"]) {
    assert.equal(await page.locator(part).first().isVisible(), false, part);
  }
  const still = await pixels(page, "#live-0");
  const row = page.locator("#rows-0 .strip").first();
  const box = await row.boundingBox();
  await row.hover({ position: { x: box.width - 4, y: box.height / 2 } });
  await changed(page, "#live-0", still);
  await page.close();
});
