// The networks from inside: maps that follow the picture and the code, what is silent, and what a part listens to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, drawn, pixels } from "./site.mjs";
import { SPRITES, stage } from "./stage.mjs";

const here = stage();
const SIDES = [0, 1];

/** Waits until a side's layers are known, and gives the ids of their canvases. */
async function looked(page, side) {
  await page.waitForFunction((side) => {
    const layers = [...document.querySelectorAll(`#chain-${side} [id^=silent-]`)];
    return layers.length > 3 && layers.every((layer) => /^\d+ % zero$/.test(layer.textContent));
  }, side);
  return page.locator(`#chain-${side} canvas[id^=maps-]`).evaluateAll((all) => all.map((canvas) => canvas.id));
}

async function shown(options) {
  const seen = await here.shown({ view: "network", ...options });
  for (const side of SIDES) await looked(seen.page, side);
  return seen;
}

test("every layer of both networks is drawn, with what of it is silent", async () => {
  const { page, complaints } = await shown();
  assert.equal(await page.textContent("#title"), "Look inside");
  for (const side of SIDES) {
    const ids = await looked(page, side);
    assert.ok(ids.length >= 8, `${ids}`);
    for (const id of ids) {
      const ink = await page.$eval(`#${id}`, (canvas) =>
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v > 0).length);
      assert.ok(ink > 50, `${id} has ${ink} pixels`);
      assert.match(await page.getAttribute(`#${id}`, "aria-label"), /^(conv|dense|deconv) \d: \d+ (maps of \d+ × \d+|neurons), \d+ % zero; use the arrow keys/);
    }
    const [layers, wires] = await Promise.all([`#chain-${side}`, `#wires-${side}`].map((id) => page.locator(id).boundingBox()));
    assert.ok(wires.y <= layers.y && wires.y + wires.height >= layers.y + layers.height, "what a part hears is marked over the layers");
    // An activation is silent where ReLU gives zero: the share is that of the map's empty pixels.
    assert.match(await page.textContent(`#net-told-${side}`), /^\d+ % of all activations are zero · \d+ of \d+ channels are always zero/);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a slider in the middle turns the decoder's maps, and a picture the encoder's", async () => {
  const { page } = await shown();
  const [first, ...rest] = await looked(page, 1);
  const last = rest.at(-1);
  // Channels that are zero for every probe are crossed out once all probes are done.
  await page.waitForFunction(() => / · [1-9]\d* of \d+ channels/.test(document.getElementById("net-told-1").textContent));
  const [encoder, decoder, live] = await Promise.all([first, last, "live-1"].map((id) => pixels(page, `#${id}`)));
  const slider = page.locator("#codes-1 input[type=range]").first();
  await slider.focus();
  await page.keyboard.press("End");
  await changed(page, "#live-1", live);
  await changed(page, `#${last}`, decoder);
  assert.equal(await pixels(page, `#${first}`), encoder, "the picture is the same");
  await page.locator("#tab-pictures").click();
  await page.locator("#random").click();
  await page.locator("#tab-network").click();
  await changed(page, `#${first}`, encoder);
  await page.close();
});

test("what a map listens to is told by pointer and by keys", async () => {
  const { page, complaints } = await shown();
  const [, second] = await looked(page, 0);
  const canvas = page.locator(`#${second}`);
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + 5, box.y + 5);
  const told = page.locator("#spot-told-0");
  await page.waitForFunction(() => /^conv 2, map 1.*strongest inputs are \d+, \d+, \d+, \d+ of conv 1/.test(document.getElementById("spot-told-0").textContent));
  const kernels = await pixels(page, "#spot-0");
  assert.ok(kernels.split(",").some((value) => value !== "0"));
  const before = await pixels(page, `#${second}`);
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.getElementById("spot-told-0").textContent.startsWith("conv 2, map 2"));
  await changed(page, `#${second}`, before);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.getElementById("spot-told-0").textContent.startsWith("Point at"));
  assert.equal(await told.getAttribute("aria-live"), "polite");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a unit shows what of the picture it moves", async () => {
  const { page } = await shown();
  await page.locator("#codes-1 input[type=range]").first().focus();
  await page.waitForSelector("#spot-1:not([hidden])");
  assert.match(await page.textContent("#spot-told-1"), /\(z[₀-₉]+\): pink pixels get brighter, green ones darker, from [\d.]+ below to [\d.]+ above\./);
  const strong = await page.$eval("#spot-1", (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v > 60).length);
  assert.ok(strong > 10, `${strong}`);
  await page.close();
});

test("on a phone the layers stand below each other, and nothing reaches beyond the page", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 } });
  const boxes = await page.locator("#chain-0 canvas[id^=maps-]").evaluateAll((all) => all.map((c) => c.getBoundingClientRect().toJSON()));
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.left >= 0 && box.right <= 390, JSON.stringify(box));
    if (i > 0) assert.ok(box.top >= boxes[i - 1].bottom, "one column");
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.close();
});

test("a picture is on the screen soon after a slider moves while the view is open", async () => {
  const { page } = await shown();
  const times = await page.evaluate(async () => {
    const slider = document.querySelector("#codes-1 input[type=range]");
    const live = document.querySelector("#live-1");
    const shot = () => live.getContext("2d").getImageData(0, 0, 64, 64).data.join();
    const times = [];
    for (let i = 0; i < 12; i++) {
      const before = shot();
      const start = performance.now();
      slider.value = Number(slider.min) + (Number(slider.max) - Number(slider.min)) * ((i * 5) % 12) / 12;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      while (shot() === before && performance.now() - start < 2000) await new Promise(requestAnimationFrame);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  });
  // The median of a machine that may be busy with much else.
  assert.ok(times[6] < 250, `${times}`);
  await page.close();
});

test("models without a world have a decoder to look into", async () => {
  const { page, complaints } = await here.visit({}, `${here.address}#m=celeba-vae,celeba-sparse&v=network`);
  for (const side of SIDES) await drawn(page, side);
  await page.waitForFunction(() => [...document.querySelectorAll("#chain-1 [id^=silent-]")].at(-1)?.textContent.endsWith("zero"));
  assert.ok(await page.locator("#maps-1-0").isHidden(), "without a picture the encoder has nothing to show");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the view has an address", async () => {
  const { page } = await here.visit({}, `${here.address}#${SPRITES}`);
  for (const side of SIDES) await drawn(page, side);
  await page.locator("#tab-network").click();
  await page.waitForFunction(() => location.hash.includes("v=network"));
  await page.close();
});
