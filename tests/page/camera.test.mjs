// A still from the camera: Chromium's fake one shows a moving pattern on green.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { changed, launch, pixels, ready, serve, visit } from "./site.mjs";

const FAKE = "--use-fake-device-for-media-stream";
let site;

before(async () => {
  site = await serve();
});
after(() => site?.close());

/** The page by hand, in a browser with those flags, and every stream that it gets. */
async function byHand(test, flags, { fragment = "#m=vae,sparse&v=pictures", ...options } = {}) {
  const browser = await launch({ flags });
  test.after(() => browser.close());
  const seen = await visit(browser, site.address + fragment, {
    ...options,
    prepare: () => {
      globalThis.streams = [];
      const devices = navigator.mediaDevices;
      const get = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wish) => {
        const stream = await get(wish);
        globalThis.streams.push(stream);
        return stream;
      };
    },
  });
  for (const side of [0, 1]) await ready(seen.page, side);
  await seen.page.locator("#tab-pictures").click();
  await seen.page.locator("label", { hasText: "By hand" }).click();
  return seen;
}

const live = (page) => page.evaluate(() =>
  globalThis.streams.map((stream) => stream.getTracks().some((track) => track.readyState === "live")));

test("a still is taken, both models see it, and the camera is off again", async (test) => {
  const { page, complaints } = await byHand(test, [FAKE, "--use-fake-ui-for-media-stream"]);
  const camera = page.locator("#camera");
  await camera.waitFor();
  const original = await pixels(page, "#original");
  const reconstruction = await pixels(page, "#reconstruction-1");
  await camera.focus();
  await page.keyboard.press("Enter");
  await page.locator("#viewfinder").waitFor();
  await page.waitForFunction(() => document.querySelector("#viewfinder").currentTime > 0);
  assert.deepEqual(await live(page), [true]);
  assert.equal(await pixels(page, "#original"), original, "nothing is taken before it is asked for");
  await page.getByRole("button", { name: "Take the picture" }).press("Enter");
  await changed(page, "#original", original);
  await changed(page, "#reconstruction-1", reconstruction);
  assert.deepEqual(await live(page), [false]);
  await page.locator("#viewfinder").waitFor({ state: "hidden", timeout: 5_000 });
  // The pattern's green, as bright as it is, fills the upper left corner.
  const corner = (await pixels(page, "#original")).split(",").slice(0, 3).map(Number);
  assert.ok(corner[0] > 40 && corner[0] < 220 && new Set(corner).size === 1, String(corner));
  await page.locator("#refused").waitFor({ state: "hidden", timeout: 5_000 });
  assert.deepEqual(complaints, []);
});

test("who cancels or turns away has the camera off, and the picture as it was", async (test) => {
  const { page } = await byHand(test, [FAKE, "--use-fake-ui-for-media-stream"], { viewport: { width: 390, height: 844 } });
  const original = await pixels(page, "#original");
  for (const away of [page.getByRole("button", { name: "Cancel" }), page.locator("label", { hasText: "By factors" })]) {
    await page.locator("#camera").click();
    await page.locator("#viewfinder").waitFor();
    await away.click();
    await page.locator("#viewfinder").waitFor({ state: "hidden" });
    assert.equal((await live(page)).includes(true), false);
  }
  assert.equal(await pixels(page, "#original"), original);
  assert.equal((await live(page)).length, 2);
});

test("where permission is denied a sentence says so, and the rest works", async (test) => {
  const { page } = await byHand(test, [FAKE, "--deny-permission-prompts"]);
  await page.locator("#camera").click();
  await page.locator("#refused").waitFor();
  assert.match(await page.textContent("#refused"), /camera may not be used/);
  await page.locator("#viewfinder").waitFor({ state: "hidden", timeout: 5_000 });
  const original = await pixels(page, "#original");
  await page.getByRole("button", { name: "Clear" }).click();
  await changed(page, "#original", original);
});

test("a page that opened in another view has the camera's button too", async (test) => {
  const { page, complaints } = await byHand(test, [FAKE], { fragment: "#m=vae,sparse" });
  await page.locator("#camera").waitFor();
  assert.deepEqual(complaints, []);
});

test("where there is no camera there is no button", async (test) => {
  const { page } = await byHand(test, [`${FAKE}=device-count=0`]);
  await page.evaluate(() => navigator.mediaDevices.enumerateDevices());
  await page.locator("#camera").waitFor({ state: "hidden", timeout: 5_000 });
});
