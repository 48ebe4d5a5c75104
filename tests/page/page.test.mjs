// The page as a visitor uses it: pointer, keys, pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressed, changed, pixels, ready, serve } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();

test("it loads without complaint and asks no other host", async () => {
  const { page, requests, complaints } = await here.shown();
  assert.deepEqual(complaints, []);
  assert.ok(requests.length > 5);
  for (const url of requests) assert.ok(url.startsWith(here.address), url);
  assert.equal(await page.$eval("#notice", (notice) => notice.hidden), true);
  await page.close();
});

test("each model has a row of pictures for every number in use, and a fold for the others", async () => {
  const { page } = await here.shown();
  for (const side of SIDES) {
    const [, active, all] = (await page.textContent(`#about-${side}`)).match(/(\d+) of (\d+) numbers in use/);
    assert.equal(await page.locator(`#grid .side-${side} canvas`).count(), Number(active));
    assert.equal(await page.locator(`#idle .side-${side} canvas`).count(), all - active);
  }
  const fold = page.locator("#fold:not([hidden])");
  if (await fold.count()) {
    await fold.locator("summary").click();
    const canvas = "#idle .side-0 canvas";
    await page.waitForFunction((selector) => {
      const canvas = document.querySelector(selector);
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
    }, canvas);
  }
  await page.close();
});

test("moving along a row changes the live picture until the pointer leaves", async () => {
  const { page } = await here.shown();
  const still = await pixels(page, "#live-1");
  const row = page.locator("#grid .side-1 .strip").first();
  await row.scrollIntoViewIfNeeded();
  const box = await row.boundingBox();
  await page.mouse.move(box.x + box.width - 4, box.y + box.height / 2);
  const far = await changed(page, "#live-1", still);
  assert.match(await page.textContent("#value-1"), /^z[₀-₉]+ = /);
  assert.match(await page.textContent("#moving"), /\w/);
  await page.mouse.move(box.x + 4, box.y + box.height / 2);
  assert.notEqual(await changed(page, "#live-1", far), far);
  await page.mouse.move(10, 70);
  await page.waitForFunction((still) => {
    const canvas = document.querySelector("#live-1");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === still;
  }, still);
  await page.close();
});

test("a click makes a picture the base of its own model", async () => {
  const { page } = await here.shown();
  const other = await pixels(page, "#live-1");
  const second = `#${await page.locator("#grid .side-0 .strip").nth(1).getAttribute("id")} canvas`;
  const neighbour = await pixels(page, second);
  const row = page.locator("#grid .side-0 .strip").first();
  const box = await row.boundingBox();
  await row.click({ position: { x: box.width - 4, y: box.height / 2 } });
  assert.notEqual(await changed(page, second, neighbour), neighbour);
  const last = await page.locator("#grid .side-0 canvas").first().evaluate((row) => {
    const side = row.height;
    return row.getContext("2d").getImageData(row.width - side, 0, side, side).data.join();
  });
  await page.mouse.move(10, 70);
  await page.waitForFunction((last) => {
    const canvas = document.querySelector("#live-0");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === last;
  }, last);
  assert.equal(await pixels(page, "#live-0"), last, "the live picture is the one that was clicked");
  assert.equal(await pixels(page, "#live-1"), other);
  await page.close();
});

test("a slider turns by keyboard, and a double click brings it back", async () => {
  const { page } = await here.shown({ view: "sliders" });
  const start = await pixels(page, "#live-0");
  const slider = page.locator("#sliders-0 input").first();
  const value = page.locator("#sliders-0 output").first();
  const text = await value.textContent();
  await slider.focus();
  for (let i = 0; i < 25; i++) await page.keyboard.press("ArrowRight");
  await changed(page, "#live-0", start);
  assert.notEqual(await value.textContent(), text);
  await slider.dblclick();
  await page.waitForFunction((start) => {
    const canvas = document.querySelector("#live-0");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() === start;
  }, start);
  assert.equal(await value.textContent(), text);
  await page.close();
});

test("a row is walked and taken by keyboard", async () => {
  const { page } = await here.shown();
  const start = await pixels(page, "#live-0");
  const row = page.locator("#grid .side-0 .strip").first();
  await row.focus();
  await page.keyboard.press("End");
  await changed(page, "#live-0", start);
  assert.equal(await row.getAttribute("aria-valuenow"), await row.getAttribute("aria-valuemax"));
  const far = await pixels(page, "#live-0");
  await page.keyboard.press("Enter");
  await addressed(page, /&a=/);
  await page.keyboard.press("Escape");
  assert.equal(await pixels(page, "#live-0"), far, "it stays");
  await page.close();
});

test("a factor changes the original and both reconstructions, with their errors", async () => {
  const { page } = await here.shown({ view: "pictures" });
  const canvases = ["#original", "#reconstruction-0", "#reconstruction-1"];
  const earlier = await Promise.all(canvases.map((canvas) => pixels(page, canvas)));
  const slider = page.locator("#factors input[type=range]").last();
  await slider.focus();
  await page.keyboard.press("End");
  for (const [i, canvas] of canvases.entries()) await changed(page, canvas, earlier[i]);
  for (const side of SIDES) {
    assert.ok(parseFloat(await page.textContent(`#nll-${side}`)) > 0);
    assert.ok(parseFloat(await page.textContent(`#mse-${side}`)) >= 0);
  }
  const original = await pixels(page, "#original");
  await page.locator("#factors .choice label").first().click();
  await changed(page, "#original", original);
  await page.close();
});

test("the menu brings another model", async () => {
  const { page } = await here.shown({ view: "pictures" });
  const names = await page.locator("#menu-0 option").allTextContents();
  assert.ok(names.length >= 2);
  const before = await pixels(page, "#reconstruction-0");
  const from = await page.locator("#menu-0").evaluate((menu) => menu.selectedIndex);
  const to = from + 1;
  await page.locator("#menu-0").selectOption({ index: to });
  await changed(page, "#reconstruction-0", before);
  await ready(page, 0);
  for (const name of await page.locator('[data-name="0"]').allTextContents()) assert.equal(name, names[to]);
  await page.close();
});

test("the histograms are drawn, and say their values under the pointer", async () => {
  const { page } = await here.shown({ view: "histograms" });
  for (const side of SIDES) {
    const charts = page.locator(`#charts-${side} canvas`);
    assert.ok((await charts.count()) >= 2);
    for (const chart of await charts.all()) {
      const drawn = await chart.evaluate((canvas) =>
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0));
      assert.ok(drawn);
    }
  }
  const chart = page.locator("#charts-1 canvas").first();
  await chart.scrollIntoViewIfNeeded();
  await chart.hover();
  const caption = page.locator("#charts-1 figcaption").first();
  assert.match(await caption.textContent(), /^μ .+ to .+: [\d.]+ %$/);
  await page.close();
});

test("it opens with one factor in motion in both models, names it, and stops at a touch", async () => {
  const { page } = await here.shown({ reducedMotion: "no-preference" }, here.address);
  for (const side of SIDES) {
    const moving = `#grid .side-${side} .looked .marker`;
    await page.locator(moving).waitFor();
    const first = await page.locator(moving).evaluate((marker) => marker.style.left);
    await page.waitForFunction(([moving, first]) => document.querySelector(moving).style.left !== first, [moving, first]);
  }
  const name = (await page.textContent("#moving")).trim();
  assert.ok((await page.locator("#grid .row:has(.looked) strong").allTextContents()).includes(name), name);
  assert.equal(await page.textContent("#play"), "Pause");
  await page.mouse.wheel(0, 50);
  await page.waitForFunction(() => !document.querySelector(".looked"));
  assert.equal(await page.textContent("#play"), "Play");
  await page.locator("#play").click();
  await page.locator(".looked").first().waitFor();
  await page.locator("#play").click();
  await page.waitForFunction(() => !document.querySelector(".looked"));
  await page.close();
});

test("nothing moves by itself where the visitor wants no motion", async () => {
  const { page } = await here.shown({ reducedMotion: "reduce" });
  assert.equal(await page.locator(".looked").count(), 0);
  await page.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 390, 640, 768, 855, 1440, 2560]) {
    test(`it fits ${width} pixels, ${colorScheme}`, async () => {
      const { page, complaints } = await here.shown({ colorScheme, viewport: { width, height: 900 } });
      const [scroll, client] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      assert.ok(scroll <= client, `${scroll} pixels wide`);
      const header = await page.$eval(".top", (top) => [top.scrollWidth, top.clientWidth]);
      assert.ok(header[0] <= header[1], `the header is ${header} pixels wide`);
      const [red] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).match(/\d+/);
      assert.equal(Number(red) < 128, colorScheme === "dark");
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
}

test("it works below any path", async () => {
  const deep = await serve({}, "/some/where/");
  const { page, requests, complaints } = await here.shown({}, `${deep.address}#m=vae,sparse`);
  for (const url of requests) assert.ok(url.startsWith(deep.address), url);
  assert.deepEqual(complaints, []);
  await page.close();
  await deep.close();
});
