// The address tells the page's state; a slide shows the rows alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressed, changed, pixels, ready } from "./site.mjs";
import { stage } from "./stage.mjs";

const here = stage({ base: "/deep/path/" });

test("the address follows what is set, and another visitor who opens it sees the same", async () => {
  const { page } = await here.shown({}, here.address);
  assert.equal(page.url(), here.address, "before a touch the address is plain");
  const name = await page.locator("#menu-1").inputValue();
  await page.locator("#menu-0").selectOption(name);
  await ready(page, 0);
  await page.locator("#tab-pictures").click();
  const before = await pixels(page, "#live-1");
  await page.locator("#factors input[type=range]").last().press("End");
  const moved = await changed(page, "#live-1", before);
  await page.locator("#tab-sliders").click();
  await page.locator("#sliders-1 input").first().press("Home");
  await changed(page, "#live-1", moved);
  await page.locator("#tab-map").click();
  await addressed(page, /#m=.*&f=.*&b=.*&v=map$/);
  assert.doesNotMatch(page.url(), /f=[^&]*\.\d{7}/, "no more digits than tell something");
  const views = ["#live-0", "#live-1"];
  const mine = await Promise.all(views.map((view) => pixels(page, view)));
  const { page: other, complaints } = await here.shown({}, page.url());
  for (const [i, view] of views.entries()) {
    await other.waitForFunction(([view, mine]) => {
      const canvas = document.querySelector(view);
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === mine;
    }, [view, mine[i]]);
  }
  assert.equal(await other.locator("#menu-0").inputValue(), name);
  assert.ok(await other.locator("#map").isVisible());
  assert.equal(other.url(), page.url());
  assert.deepEqual(complaints, []);
  await page.close();
  await other.close();
});

test("a link keeps A, B and a drawing, and a damaged one says so", async () => {
  const { page } = await here.shown({ view: "pictures" });
  await page.locator("label", { hasText: "By hand" }).click();
  const before = await pixels(page, "#original");
  await page.locator("#original").focus();
  for (const key of ["Space", "ArrowRight", "ArrowRight", "ArrowDown", "Space"]) await page.keyboard.press(key);
  const drawing = await changed(page, "#original", before);
  await page.locator("#tab-between").click();
  await page.getByRole("button", { name: "Set A" }).click();
  await addressed(page, /&d=[\w-]+.*&a0=.*&b0=.*&v=between$/);
  const line = (page) => pixels(page, "#line-1");
  const link = page.url();
  const mine = await line(page);
  const { page: other, complaints } = await here.shown({}, link);
  await other.waitForFunction((mine) => {
    const canvas = document.querySelector("#line-1");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.subarray(0, 256).join() === mine;
  }, mine.split(",").slice(0, 256).join());
  await other.locator("#tab-pictures").click();
  assert.ok(await other.locator("#by-hand").isChecked());
  assert.equal(await pixels(other, "#original"), drawing);
  assert.equal(await other.$eval("#notice", (notice) => notice.hidden), true);
  await other.evaluate((link) => { location.href = link; }, link.replace(/&d=\w{8}/, "&d="));
  await other.locator("#notice", { hasText: "This link is damaged" }).waitFor();
  await other.evaluate((link) => { location.href = link; }, link);
  await other.locator("#notice").waitFor({ state: "hidden" });
  assert.deepEqual(complaints, []);
  await page.close();
  await other.close();
});

test("a link that is put into an open page's address is followed, and a view's name goes to the view alone", async () => {
  const { page, complaints } = await here.shown({ view: "pictures" });
  const start = await pixels(page, "#live-1");
  await page.locator("#factors input[type=range]").last().press("End");
  const there = await changed(page, "#live-1", start);
  await addressed(page, /&f=/);
  const link = page.url();
  await page.locator("#factors input[type=range]").last().press("Home");
  const away = await changed(page, "#live-1", there);
  await page.waitForFunction((link) => location.hash.startsWith("#m=") && location.href !== link, link, { polling: 100 });
  await page.evaluate(() => { location.hash = "#samples"; });
  await page.locator("#samples").waitFor();
  assert.equal(await pixels(page, "#live-1"), away);
  await addressed(page, /&v=samples/);
  await page.evaluate((link) => { location.href = link; }, link);
  assert.equal(await changed(page, "#live-1", away), there);
  await page.waitForFunction((link) => location.href === link, link, { polling: 100 });
  assert.deepEqual(complaints, []);
  await page.close();
});

test("every view has a tab, an address and a heading of its own, by pointer and by keys", async () => {
  const { page, complaints } = await here.shown();
  const headings = new Set();
  for (const tab of await page.locator("nav a").all()) {
    const id = (await tab.getAttribute("href")).slice(1);
    await tab.press("Enter");
    await page.locator(`#${id}`).waitFor();
    assert.equal(await page.locator("main > section:visible").count(), 1);
    assert.equal(await tab.getAttribute("aria-current"), "page");
    if (id !== "rows") await addressed(page, new RegExp(`v=${id}$`));
    headings.add(await page.textContent("h1"));
  }
  assert.equal(headings.size, await page.locator("nav a").count());
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a link is copied", async () => {
  const context = await here.browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  await page.goto(here.address);
  for (const side of [0, 1]) await ready(page, side);
  await page.locator("#copy").click();
  await page.locator("#copy", { hasText: "Copied" }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(text, page.url());
  assert.match(text, /#m=/);
  await context.close();
});

test("the HTML for another page is copied, and shows the rows", async () => {
  const context = await here.browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(here.address);
  for (const side of [0, 1]) await ready(page, side);
  await page.locator("#embed").click();
  await page.locator("#embed", { hasText: "Copied" }).waitFor();
  const html = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(html, /^<iframe src="http[^"]*\/deep\/path\/\?embed#m=vae,sparse[^"]*" title="Latentscope"/);
  await context.close();
});

test("a link that makes no sense opens the page as it is without, and says so", async () => {
  const { page, complaints } = await here.shown({}, `${here.address}#m=%00,gone&f=1&a=x&b=1,2`);
  await page.getByRole("alert").filter({ hasText: "what this page does not have" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("an embedded page shows the rows of both models and nothing else", async () => {
  const { page } = await here.shown({ viewport: { width: 800, height: 600 } }, `${here.address}?embed`);
  for (const part of [".top", "#menu-0", "#save-0", "footer", "h1"]) {
    assert.equal(await page.locator(part).first().isVisible(), false, part);
  }
  const still = await pixels(page, "#live-0");
  const row = page.locator("#grid .side-0 .strip").first();
  const box = await row.boundingBox();
  await row.hover({ position: { x: box.width - 4, y: box.height / 2 }, timeout: 5_000 });
  await changed(page, "#live-0", still);
  await page.close();
});
