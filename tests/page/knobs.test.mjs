// Driving the code: priors over the histograms, a pad of two units, samples, and the way from A to B.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, launch, pixels, serve, visit, withCard } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();

const shown = (view, options, address) => here.shown({ view, ...options }, address);

const values = (page, side) => page.locator(`#sliders-${side} output`).allTextContents();

/** The columns of a slider's chart on whose upper half something is drawn, and how many there are. */
const above = (page, canvas) => page.$eval(canvas, (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, Math.floor(canvas.height / 2));
  const columns = new Set();
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) columns.add(((i - 3) / 4) % canvas.width);
  return columns.size;
});

/** The pictures of a strip, left to right. */
const cells = (page, canvas) => page.$eval(canvas, (canvas) => {
  const side = canvas.height;
  return Array.from({ length: canvas.width / side }, (_, i) =>
    canvas.getContext("2d").getImageData(i * side, 0, side, side).data.join());
});

async function walked(page, side) {
  await page.waitForFunction((side) => ["line", "turns"].every((name) => {
    const canvas = document.getElementById(`${name}-${side}`);
    const context = canvas.getContext("2d");
    return context && context.getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
  }), side, { timeout: 60000 });
}

test("priors are drawn over the histograms, dashed where a model has its own", async () => {
  const trainedWith = (name, parameters) => serve({ "models/sparse.safetensors": withCard((card) =>
    JSON.stringify({ ...JSON.parse(card), objective: { name, parameters } })) });
  const sites = await Promise.all([trainedWith("vae", {}), trainedWith("beta + laplace", { scale: 0.7 })]);
  const pages = await Promise.all(sites.map((site) => shown("sliders", {}, `${site.address}#m=vae,sparse&v=sliders`)));
  // Ink of a curve: darker than any bar, whose colour is the side's.
  const ink = ({ page }) => page.$eval("#sliders-1 canvas", (canvas) => {
    const style = getComputedStyle(canvas);
    const probe = new OffscreenCanvas(1, 1).getContext("2d");
    probe.fillStyle = style.caretColor;
    probe.fillRect(0, 0, 1, 1);
    const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const near = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 60;
      if (near && data[i + 3] > 90) count++;
    }
    return count;
  });
  const [normal, both] = await Promise.all(pages.map(ink));
  assert.ok(normal > 60, `${normal}`);
  assert.ok(both > normal + 60, `${both} against ${normal}`);
  assert.ok((await above(pages[0].page, "#sliders-0 canvas")) > 20);
  for (const { page } of pages) await page.close();
  for (const site of sites) await site.close();
});

test("the map turns its two units by pointer and by keys, and they can be chosen", async () => {
  const { page, complaints } = await shown("map");
  const [across, up] = await Promise.all([0, 1].map((axis) => page.locator(`#axis-1-${axis}`).inputValue()));
  assert.notEqual(across, up);
  const before = await pixels(page, "#live-1");
  const pad = page.locator("#pad-1");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.85, box.y + box.height * 0.2, { steps: 5 });
  await page.mouse.up();
  await changed(page, "#live-1", before);
  const ring = () => page.$eval("#ring-1", (ring) => [ring.style.left, ring.style.bottom].map(parseFloat));
  const [left, bottom] = await ring();
  assert.ok(Math.abs(left - 85) < 2 && Math.abs(bottom - 80) < 2, `${left} ${bottom}`);
  await pad.focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((left) => Math.abs(parseFloat(document.getElementById("ring-1").style.left) - left + 10) < 0.2, left);
  assert.match(await pad.getAttribute("aria-label"), /across z[₀-₉]+ = .+, up z[₀-₉]+ = /);
  const another = (await page.locator("#axis-1-0 option").evaluateAll((all) => all.map((option) => option.value)))
    .find((unit) => ![across, up].includes(unit));
  await page.locator("#axis-1-0").selectOption(another);
  await page.waitForFunction((another) => document.getElementById("pad-1").getAttribute("aria-label").includes(`across ${another} `), `z${[...another].map((digit) => String.fromCharCode(0x2080 + Number(digit))).join("")}`);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("random pictures' codes lie on the map, in the colours of a factor", async () => {
  const { page } = await shown("map");
  for (const side of SIDES) {
    await page.waitForFunction((side) => /^256 random/.test(document.getElementById(`mapped-${side}`).textContent),
      side, { timeout: 60000 });
    const dots = await page.$eval(`#dots-${side}`, (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((v, i) => i % 4 === 3 && v > 60).length;
    });
    assert.ok(dots > 900, `${dots}`);
  }
  const picture = await pixels(page, "#dots-1");
  await page.locator("#colour").selectOption("3");
  await changed(page, "#dots-1", picture);
  await page.close();
});

test("a sample of the prior changes one model, and a reset brings it back", async () => {
  const { page } = await shown("sliders");
  const [before, other] = await Promise.all(SIDES.map((side) => values(page, side)));
  const picture = await pixels(page, "#live-0");
  await page.getByRole("button", { name: "Sample" }).first().click();
  const first = await changed(page, "#live-0", picture);
  const now = await values(page, 0);
  assert.ok(now.filter((value, i) => value !== before[i]).length > now.length / 2, `${now}`);
  await page.getByRole("button", { name: "Sample" }).first().click();
  await changed(page, "#live-0", first);
  assert.deepEqual(await values(page, 1), other);
  await page.locator("#knobs").getByRole("button", { name: "Reset" }).first().click();
  await page.waitForFunction((before) =>
    [...document.querySelectorAll("#sliders-0 output")].map((o) => o.textContent).join() === before, before.join());
  await page.close();
});

test("the way from A to B is walked at once and unit by unit, and both end alike", async () => {
  const { page } = await shown("between");
  for (const side of SIDES) await walked(page, side);
  assert.equal(await page.getByRole("slider", { name: "From A to B" }).inputValue(), "0");
  for (const side of SIDES) {
    assert.equal((await cells(page, `#line-${side}`))[0], await pixels(page, `#live-${side}`), "A is the live picture");
    for (const strip of ["line", "turns"]) {
      const { height } = await page.locator(`#${strip}-${side}`).boundingBox();
      assert.ok(height >= 56, `${strip} ${side}: ${height}`);
    }
    const [active] = (await page.textContent(`#about-${side}`)).match(/\d+/).map(Number);
    assert.equal(await page.locator(`#changed-${side} li`).count(), active + 1);
    assert.match(await page.locator(`#changed-${side} li`).last().textContent(), /= B$/);
    const [line, turns] = [await cells(page, `#line-${side}`), await cells(page, `#turns-${side}`)];
    assert.deepEqual([line.length, turns.length], [9, active + 1]);
    assert.equal(line[0], turns[0]);
    assert.equal(line.at(-1), turns.at(-1));
    assert.notEqual(line[0], line.at(-1));
  }
  await page.close();
});

test("A and B are the present pictures when they are set, and the slider goes between them", async () => {
  const { page } = await shown("between");
  for (const side of SIDES) await walked(page, side);
  const line = () => page.$eval("#line-1", (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join());
  const start = await line();
  const at = async (key, button, before) => {
    await page.locator("#tab-pictures").click();
    const earlier = await pixels(page, "#live-1");
    await page.locator("#factors input[type=range]").nth(2).press(key);
    const picture = await changed(page, "#live-1", earlier);
    await page.locator("#tab-between").click();
    await page.getByRole("button", { name: button }).click();
    await changed(page, "#line-1", before);
    return picture;
  };
  const a = await at("Home", "Set A", start);
  const b = await at("End", "Set B", await line());
  const pictures = await cells(page, "#line-1");
  assert.equal(pictures[0], a);
  assert.equal(pictures[8], b);
  const along = page.locator("#along");
  assert.equal(await along.inputValue(), "1");
  const end = await pixels(page, "#live-1");
  await along.focus();
  await page.keyboard.press("Home");
  await changed(page, "#live-1", end);
  await page.waitForFunction((first) => {
    const canvas = document.querySelector("#live-1");
    return canvas.getContext("2d").getImageData(0, 0, 64, 64).data.join() === first;
  }, pictures[0]);
  const strip = page.locator("#line-1");
  const box = await strip.boundingBox();
  await strip.click({ position: { x: box.width * 2.5 / 9, y: box.height / 2 } });
  await page.waitForFunction(() => document.querySelector("#along").value === "0.25");
  await page.close();
});

test("samples are of the same draws, are drawn anew, and one is taken by a click", async () => {
  const { page, complaints } = await shown("samples");
  await page.waitForFunction(() => [...document.querySelectorAll(".dream canvas")].every((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v, i) => i % 4 === 3 && v > 0)));
  assert.equal(await page.locator(".dream").count(), 18);
  const last = ".dream[data-act='dream 1 8'] canvas";
  const before = await pixels(page, last);
  await page.locator("#again").click();
  const sample = await changed(page, last, before);
  const live = await pixels(page, "#live-1");
  await page.locator(".dream[data-act='dream 1 8']").click();
  assert.equal(await changed(page, "#live-1", live), sample);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the way from A to B is drawn by WebGPU too", async () => {
  const gpu = await launch({ webgpu: true });
  const { page, complaints } = await visit(gpu, `${here.address}#m=vae,sparse&v=between`);
  const found = () => document.getElementById("engine").textContent === "WebGPU";
  // A GPU in software may be slower than the CPU, and is then left alone unless it is asked for.
  if (!(await page.waitForFunction(found, undefined, { timeout: 5000 }).catch(() => null))) await page.locator("#badge").click();
  await page.waitForFunction(found, undefined, { timeout: 60000 });
  const canvases = ["#line-0", "#turns-0", "#line-1", "#turns-1", "#live-1"];
  await page.waitForFunction((canvases) =>
    canvases.every((canvas) => document.querySelector(canvas).hasAttribute("data-gpu")), canvases, { timeout: 60000 });
  for (const canvas of canvases) {
    await page.locator(canvas).scrollIntoViewIfNeeded();
    const bright = async () => {
      const png = (await page.locator(canvas).screenshot()).toString("base64");
      return page.evaluate(async (png) => {
        const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const copy = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
        copy.drawImage(picture, 0, 0);
        return copy.getImageData(0, 0, picture.width, picture.height).data.filter((v, i) => i % 4 === 1 && v > 200).length;
      }, png);
    };
    let seen = 0;
    for (let i = 0; i < 40 && seen < 20; i++) seen = await bright();
    assert.ok(seen >= 20, `${canvas} shows ${seen} bright pixels`);
  }
  assert.deepEqual(complaints, []);
  await gpu.close();
});

test("a unit whose pictures lie apart offers one of each kind, by pointer and by keys", async () => {
  const { page, complaints } = await shown("sliders");
  const modes = [0, 1, 2].map((mode) => `#mode-1-3-${mode} canvas`);
  for (const mode of modes) {
    await page.waitForFunction((mode) => {
      const canvas = document.querySelector(mode);
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v, i) => i % 4 < 3 && v > 0);
    }, mode);
  }
  const pictures = await Promise.all(modes.map((mode) => pixels(page, mode)));
  assert.equal(new Set(pictures).size, 3, "ellipse, heart and square");
  assert.equal(await page.locator("[id^='mode-0-']").count(), 0, "the VAE's pictures lie everywhere");
  let before = await pixels(page, "#live-1");
  for (const [mode, take] of [[0, (button) => button.press("Enter")], [2, (button) => button.click()]]) {
    await take(page.locator(`#mode-1-3-${mode}`));
    before = await changed(page, "#live-1", before);
    assert.equal(before, pictures[mode]);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});
