// The rows of a model, saved as a picture and as an animation; what the files hold is read by the
// browser's own decoders.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { drawn, inColour, pixels, serve, withCard } from "./site.mjs";
import { LIVE, PLACES, stage } from "./stage.mjs";

const { shown, visit } = stage();

const PICTURE = "as a picture";
const ANIMATION = "as an animation";

/** The title of a side's model. */
const title = (page, side) => page.getByRole("combobox", { name: `Model on the ${PLACES[side]}` }).locator("option:checked").textContent();

/** Lets a test find the rows of a side in the page: those that stand on its half. */
function rowsOf() {
  globalThis.rowsOf = (side) =>
    [...document.querySelectorAll("[role=slider][aria-label^='Row of'] canvas")].filter((canvas) =>
      canvas.checkVisibility() && (canvas.getBoundingClientRect().left > innerWidth / 2) === (side === 1));
}

/** Presses a side's button by keys, and returns the name and the bytes of the file that comes of it. */
async function saved(page, kind, side) {
  const offer = page.getByRole("group", { name: `Save the ${PLACES[side]} rows` });
  await offer.getByRole("button", { name: kind }).focus();
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  await offer.getByRole("status").filter({ hasText: "Saved" }).waitFor();
  const bytes = await readFile(await download.path());
  return { name: download.suggestedFilename(), base64: bytes.toString("base64"), size: bytes.length };
}

test("a side's rows are saved as a PNG that holds them as they are shown", async () => {
  const { page, complaints } = await shown({ prepare: rowsOf });
  const { name, base64 } = await saved(page, PICTURE, 1);
  assert.equal(name, `${await title(page, 1)}.png`);
  const differences = await page.evaluate(async (bytes) => {
    const blob = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "image/png" });
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return globalThis.rowsOf(1).map((row, i) => {
      const shown = row.getContext("2d").getImageData(0, 0, row.width, row.height).data;
      const saved = context.getImageData(bitmap.width - row.width - 8, 48 + i * (row.height + 8), row.width, row.height);
      return shown.reduce((most, value, j) => Math.max(most, Math.abs(value - saved.data[j])), 0);
    });
  }, base64);
  assert.ok(differences.length > 0 && differences.every((difference) => difference <= 1), String(differences));
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a saved picture has a title, and room for the longest name", async () => {
  const site = await serve({ "models/sparse.safetensors": withCard((card) => card.replaceAll('"posX"', '"how far to the right of the middle"')) });
  const { page } = await shown({}, `${site.address}#m=vae,sparse`);
  const { base64 } = await saved(page, PICTURE, 1);
  const ink = await page.evaluate(async (bytes) => {
    const blob = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "image/png" });
    const bitmap = await createImageBitmap(blob);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const left = bitmap.width - 9 * 64 - 8;
    const dark = (...box) => context.getImageData(...box).data.some((value, i) => i % 4 < 3 && value < 128);
    return {
      title: dark(0, 0, left, 24), lead: dark(0, 26, left, 20),
      names: dark(left - 40, 48, 32, bitmap.height - 48), margin: dark(left - 8, 48, 8, bitmap.height - 48), left,
    };
  }, base64);
  assert.ok(ink.title && ink.lead && ink.names, JSON.stringify(ink));
  assert.ok(!ink.margin, "the longest name ends before the pictures");
  await page.close();
  await site.close();
});

/** An animation's stills at the columns of the rows, forth and back, against the rows as they are shown. */
const compared = (page, side, base64) => page.evaluate(async ([side, bytes]) => {
  const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
  const decoder = new ImageDecoder({ data, type: "image/gif" });
  await Promise.all([decoder.tracks.ready, decoder.completed]);
  const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
  const rows = globalThis.rowsOf(side).map((row) =>
    row.getContext("2d").getImageData(0, 0, row.width, row.height));
  const columns = 9;
  const last = frameCount / 2;
  const durations = [];
  let farthest = 0;
  let corner;
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
    const { image } = await decoder.decode({ frameIndex });
    durations.push(image.duration / 1000);
    const position = frameIndex > last ? frameCount - frameIndex : frameIndex;
    const column = (position / last) * (columns - 1);
    if (!Number.isInteger(column)) continue;
    const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    corner ??= [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    rows.forEach((row, rank) => {
      const left = 8 + (rank % 4) * (2 * 64 + 8);
      const top = 24 + 8 + 18 + Math.floor(rank / 4) * (2 * 64 + 18 + 8);
      const still = context.getImageData(left, top, 128, 128).data;
      for (let y = 0; y < 128; y++) {
        for (let x = 0; x < 128; x++) {
          const shown = row.data.subarray(4 * ((y >> 1) * row.width + 64 * column + (x >> 1)));
          for (const channel of [0, 1, 2]) {
            farthest = Math.max(farthest, Math.abs(still[4 * (y * 128 + x) + channel] - shown[channel]));
          }
        }
      }
    });
  }
  return { frameCount, endless: repetitionCount === Infinity, rows: rows.length, farthest, corner, durations };
}, [side, base64]);

test("a side's rows are saved as an animation that goes through them as they are shown, and back", async () => {
  const { page, complaints } = await shown({ prepare: rowsOf });
  for (const side of [0, 1]) {
    const { name, base64, size } = await saved(page, ANIMATION, side);
    assert.equal(name, `${await title(page, side)}.gif`);
    const { frameCount, endless, rows, farthest, durations } = await compared(page, side, base64);
    assert.equal(frameCount, 32);
    assert.ok(endless && rows > 0);
    assert.ok(farthest <= 1, `a pixel is ${farthest} away`);
    assert.ok(durations[0] === 400 && durations[16] === 400 && durations[1] === 60, String(durations));
    assert.ok(size < 2e6, `${size} bytes`);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test("how far an animation is stands beside its button, which waits", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 } });
  const seen = await page.evaluate(async () => {
    const offer = document.querySelector("[aria-label='Save the left rows']");
    const button = [...offer.querySelectorAll("button")].find((button) => button.textContent === "as an animation");
    const status = offer.querySelector("[role=status]");
    const words = [];
    const observer = new MutationObserver(() => words.push(status.textContent));
    observer.observe(status, { childList: true });
    button.click();
    button.click();
    const busy = status.getAttribute("aria-busy");
    while (status.textContent !== "Saved") await new Promise((done) => setTimeout(done, 20));
    return { busy, words, after: status.getAttribute("aria-busy") };
  });
  assert.equal(seen.busy, "true");
  assert.equal(seen.after, null);
  assert.deepEqual(seen.words, [...Array.from({ length: 17 }, (_, i) => `Drawing ${i + 1} of 17 …`), "Saved"]);
  await page.close();
});

test("a model of colours is shown and saved in its colours", async () => {
  const site = await serve({ "models/sparse.safetensors": inColour });
  const { page, complaints } = await visit({ prepare: rowsOf }, `${site.address}#m=vae,sparse`);
  await drawn(page, 1);
  const live = (await pixels(page, LIVE[1])).split(",").map(Number);
  for (let i = 0; i < live.length; i += 4) {
    const [red, green, blue] = live.slice(i, i + 3);
    assert.ok(Math.abs(red + blue - 255) <= 2 && Math.abs(green - 128) <= 2, `${red} ${green} ${blue}`);
  }
  assert.ok(live.some((value, i) => i % 4 === 0 && value > 200) && live.some((value, i) => i % 4 === 2 && value > 200));
  const { base64 } = await saved(page, ANIMATION, 1);
  const { rows, farthest, corner } = await compared(page, 1, base64);
  // Its palette rounds to 5 bits a channel.
  assert.ok(rows > 0 && farthest <= 8, `a pixel is ${farthest} away`);
  assert.deepEqual(corner, [255, 255, 255], "names stand on white");
  assert.deepEqual(complaints, []);
  await page.close();
  await site.close();
});
