// The rows of a model, saved as a picture.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { stage } from "./stage.mjs";

const { shown } = stage();

test("a side's rows are saved as a PNG that holds them as they are shown", async () => {
  const { page, complaints } = await shown();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-1").click()]);
  const title = await page.locator("#menu-1 option:checked").textContent();
  assert.equal(download.suggestedFilename(), `${title}.png`);
  const png = await readFile(await download.path());
  // What the file holds is read by the browser's own decoder.
  const differences = await page.evaluate(async (bytes) => {
    const blob = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "image/png" });
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return [...document.querySelectorAll("#rows-1 canvas")].map((row, i) => {
      const shown = row.getContext("2d").getImageData(0, 0, row.width, row.height).data;
      const saved = context.getImageData(bitmap.width - row.width - 8, 8 + i * (row.height + 8), row.width, row.height);
      return shown.reduce((most, value, j) => Math.max(most, Math.abs(value - saved.data[j])), 0);
    });
  }, png.toString("base64"));
  assert.ok(differences.length > 0 && differences.every((difference) => difference <= 1), String(differences));
  assert.deepEqual(complaints, []);
});
