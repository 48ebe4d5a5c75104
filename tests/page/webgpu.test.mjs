// The page on WebGPU: the same pictures, the badge's switch, and a device that is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, golden, pixels, ready } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage({ webgpu: true });

/** Keeps the page's device at hand, and lets a test take WebGPU away. */
function watchful() {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wishes) {
    globalThis.device = await request.apply(this, wishes);
    return globalThis.device;
  };
}

async function shown(prepare = watchful, view = "rows") {
  const seen = await here.visit({ prepare }, `${here.address}#m=vae,sparse&v=${view}`);
  await seen.page.waitForFunction(() => document.querySelectorAll(".about[data-ready=true]").length === 2);
  return seen;
}

const engine = (page, name) =>
  page.waitForFunction((name) => document.getElementById("engine").textContent === name, name, { timeout: 60000 });

/** Waits until all canvases of both models are the GPU's. */
async function onGpu(page, ask = true) {
  const found = () => document.getElementById("engine").textContent === "WebGPU";
  // A GPU in software may be slower than the CPU, and is then left alone unless it is asked for.
  if (ask && !(await page.waitForFunction(found, undefined, { timeout: 5000 }).catch(() => null))) {
    // At once: a click on the badge of a GPU that has come meanwhile would leave it.
    await page.evaluate(() => document.getElementById("engine").textContent === "WebGPU" || document.getElementById("badge").click());
  }
  await engine(page, "WebGPU");
  await page.waitForFunction(() => {
    const canvases = [...document.querySelectorAll("canvas[data-slot]")].filter((canvas) => canvas.checkVisibility());
    return canvases.length > 1 && canvases.every((canvas) => canvas.hasAttribute("data-gpu"));
  }, undefined, { timeout: 60000 });
}

/**
 * A square canvas as the visitor sees it: brightness at the middle of each of its pixels. Each is four pixels
 * of the screen wide meanwhile, since a thumbnail's are too narrow to be told apart.
 */
async function seen(page, selector) {
  const canvas = page.locator(selector);
  await canvas.evaluate((canvas) => {
    const side = `${4 * canvas.width}px`;
    Object.assign(canvas.style, { position: "fixed", inset: "auto auto 0 0", width: side, height: side, borderRadius: "0", zIndex: "9" });
  });
  const png = (await canvas.screenshot({ scale: "css" })).toString("base64");
  await canvas.evaluate((canvas) => canvas.removeAttribute("style"));
  return page.evaluate(async ([png, selector]) => {
    const side = document.querySelector(selector).width;
    const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const copy = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    copy.drawImage(picture, 0, 0);
    const { data } = copy.getImageData(0, 0, picture.width, picture.height);
    const at = (i, size) => Math.floor(((i + 0.5) * size) / side);
    return Array.from({ length: side * side }, (_, i) =>
      data[4 * (at(Math.floor(i / side), picture.height) * picture.width + at(i % side, picture.width))]);
  }, [png, selector]);
}

/** The largest difference of two pictures. */
const apart = (a, b) => a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

test("both models' pictures come from WebGPU and are the golden ones", async () => {
  const { page, complaints } = await shown(watchful, "pictures");
  await page.locator("#smooth").evaluate((button) => button.click());
  await onGpu(page);
  await page.locator("#factors .choice label", { hasText: "heart" }).click();
  for (const slider of await page.locator("#factors input[type=range]").all()) {
    const turn = (await page.locator(`label[for=${await slider.getAttribute("id")}]`).textContent()) === "orientation";
    await slider.press(turn ? "Home" : "End");
  }
  for (const side of SIDES) {
    const expected = (await golden(`${await page.locator(`#menu-${side}`).inputValue()}.safetensors`)).get(697343);
    for (const canvas of [`#live-${side}`, `#reconstruction-${side}`]) {
      let worst = Infinity;
      for (let i = 0; i < 40 && worst > 1; i++) worst = apart(await seen(page, canvas), expected);
      assert.ok(worst <= 1, `${canvas} differs by ${worst} of 255`);
    }
  }
  assert.match(await page.textContent("#pace"), /^[\d.]+ ms$/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a click on the badge goes to the CPU and back, and nothing moves", async () => {
  const { page } = await shown(watchful, "sliders");
  await onGpu(page);
  const values = () => page.locator(".sliders output").allTextContents();
  const before = await values();
  await page.locator("#badge").click();
  await engine(page, "CPU");
  for (const side of SIDES) await ready(page, side);
  assert.deepEqual(await values(), before);
  await page.locator("#badge").click();
  await onGpu(page, false);
  assert.deepEqual(await values(), before);
  await page.locator("#engine-note").waitFor({ state: "hidden", timeout: 5_000 });
  await page.close();
});

test("a lost device leaves what the visitor set, and says so quietly", async () => {
  const { page } = await shown(watchful, "sliders");
  await onGpu(page);
  const start = await page.textContent("#sliders-0 output");
  await page.locator("#sliders-0 input").first().press("End");
  await page.waitForFunction((start) => document.querySelector("#sliders-0 output").textContent !== start, start);
  const values = await page.locator("#sliders-0 output").allTextContents();
  await page.evaluate(() => globalThis.device.destroy());
  await page.locator("#engine-note").waitFor();
  assert.match(await page.textContent("#engine-note"), /^The CPU continues: the GPU was lost/);
  await page.locator("#engine-note button").click();
  await page.locator("#engine-note").waitFor({ state: "hidden", timeout: 5_000 });
  for (const side of SIDES) await ready(page, side);
  assert.deepEqual(await page.locator("#sliders-0 output").allTextContents(), values);
  const picture = await pixels(page, "#live-0");
  await page.locator("#sliders-0 input").first().press("Home");
  await changed(page, "#live-0", picture);
  await page.locator("#badge").click();
  await onGpu(page, false);
  await page.close();
});

test("a GPU whose numbers are wrong is not used", async () => {
  const { page } = await shown(() => {
    const create = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      // Every sum of the dense layers starts from twice the bias.
      return create.call(this, { ...descriptor, code: descriptor.code.replace("sum0 = bias[output]", "sum0 = 2.0 * bias[output]") });
    };
  });
  for (const side of SIDES) await ready(page, side);
  await page.locator("#badge").click();
  await page.locator("#engine-note").waitFor();
  assert.match(await page.textContent("#engine-note"), /away from the CPU/);
  assert.equal(await page.textContent("#engine"), "CPU");
  await page.close();
});

test("a browser without WebGPU is on the CPU, without a word until it is asked", async () => {
  const { page, complaints } = await shown(() => delete Navigator.prototype.gpu);
  for (const side of SIDES) await ready(page, side);
  assert.equal(await page.textContent("#engine"), "CPU");
  await page.locator("#engine-note").waitFor({ state: "hidden", timeout: 5_000 });
  assert.deepEqual(complaints, []);
  await page.locator("#badge").click();
  await page.locator("#engine-note").waitFor();
  assert.equal(await page.textContent("#engine"), "CPU");
  await page.close();
});
