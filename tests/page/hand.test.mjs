// A picture of the visitor's own: by pen, by keys, from a file, dropped and pasted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, pixels } from "./site.mjs";
import { stage } from "./stage.mjs";

const SIDES = [0, 1];
const here = stage();

const shown = (options) => here.shown({ view: "pictures", ...options });

/** Brightness of each pixel of the original. */
const paper = (page) => page.$eval("#original", (canvas) =>
  Array.from(canvas.getContext("2d").getImageData(0, 0, 64, 64).data.filter((_, i) => i % 4 === 0)));

const inked = async (page) => (await paper(page)).filter((v) => v === 255).length;

async function blank(page) {
  await page.locator("label", { hasText: "By hand" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.waitForFunction(() => !document.querySelector("#original").getContext("2d")
    .getImageData(0, 0, 64, 64).data.some((v, i) => i % 4 < 3 && v > 0));
}

/** Draws a line with the pointer, from and to in shares of the paper. */
async function stroke(page, from, to) {
  await page.locator("#original").scrollIntoViewIfNeeded();
  const box = await page.locator("#original").boundingBox();
  const at = ([x, y]) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** A PNG of one colour, drawn by the browser. */
async function png(page, colour, width, height) {
  const url = await page.evaluate(([colour, width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    return canvas.toDataURL("image/png");
  }, [colour, width, height]);
  return Buffer.from(url.split(",")[1], "base64");
}

/** Hands a file to the page as the browser does for a drop or a paste. */
const hand = (page, kind, bytes, type) => page.evaluate(([kind, bytes, type]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(bytes)], "mine.png", { type }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent(kind, { ...options, dataTransfer: data })
    : new ClipboardEvent(kind, { ...options, clipboardData: data });
  document.body.dispatchEvent(event);
}, [kind, [...bytes], type]);

test("the pen draws, both models answer, and the eraser takes away", async () => {
  const { page, complaints } = await shown();
  await blank(page);
  const before = await Promise.all(SIDES.map((side) => pixels(page, `#reconstruction-${side}`)));
  await stroke(page, [0.2, 0.5], [0.8, 0.5]);
  for (const side of SIDES) await changed(page, `#reconstruction-${side}`, before[side]);
  const drawn = await inked(page);
  assert.ok(drawn > 38 * 7 && drawn < 50 * 9, `${drawn} pixels`);
  const row = (await paper(page)).slice(32 * 64, 33 * 64);
  assert.ok(row.slice(14, 50).every((v) => v === 255) && row[2] === 0 && row[61] === 0, `${row}`);
  await page.locator("label", { hasText: "Eraser" }).click();
  await stroke(page, [0.5, 0.2], [0.5, 0.8]);
  assert.ok((await inked(page)) < drawn);
  await page.locator("#pen").press("End");
  await page.waitForFunction(() => document.querySelector("#pen-value").textContent === "16 px");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the pen is led by keys", async () => {
  const { page } = await shown();
  await blank(page);
  await page.locator("#original").focus();
  await page.keyboard.press("Space");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.querySelector("#tip").style.top === "75%");
  const row = (await paper(page)).slice(32 * 64, 33 * 64);
  assert.ok(row.slice(32, 48).every((v) => v === 255), `${row}`);
  assert.equal((await paper(page))[48 * 64 + 48], 0, "a raised pen draws nothing");
  await page.close();
});

test("a picture unlike the training's is called far from it, and a heart is not", async () => {
  const { page } = await shown();
  await page.waitForFunction(() => document.querySelector("#all-nll-1").textContent.endsWith("over 256"), undefined, { timeout: 60000 });
  for (const side of SIDES) {
    assert.match(await page.textContent(`#all-nll-${side}`), /^mean [\d.]+ over 256$/);
    assert.match(await page.textContent(`#all-mse-${side}`), /^mean 0\.\d{4} over 256$/);
  }
  await page.locator("label", { hasText: "By hand" }).click();
  await page.waitForFunction(() => /random pictures better/.test(document.querySelector("#alien-0").textContent));
  for (const side of SIDES) assert.doesNotMatch(await page.textContent(`#alien-${side}`), /Far/);
  await page.getByRole("button", { name: "Clear" }).click();
  await stroke(page, [0.05, 0.1], [0.95, 0.1]);
  await stroke(page, [0.95, 0.1], [0.4, 0.95]);
  for (const side of SIDES) {
    await page.waitForFunction((side) =>
      /^Far from the training data/.test(document.getElementById(`alien-${side}`).textContent), side);
  }
  await page.close();
});

test("the difference shows what is too bright and what is too dark", async () => {
  const { page } = await shown();
  await blank(page);
  await stroke(page, [0.1, 0.2], [0.9, 0.2]);
  const signs = () => page.$eval("#difference-0", (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, 64, 64);
    const seen = { bright: 0, dark: 0 };
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 60) seen[data[i] > data[i + 1] ? "bright" : "dark"]++;
    }
    return seen;
  });
  let seen = await signs();
  for (let i = 0; i < 40 && !(seen.bright && seen.dark); i++) {
    await page.waitForTimeout(50);
    seen = await signs();
  }
  assert.ok(seen.dark > 20 && seen.bright > 5, JSON.stringify(seen));
  const [original, picture, difference] = await Promise.all(["#original", "#reconstruction-0", "#difference-0"]
    .map(async (canvas) => (await pixels(page, canvas)).split(",").map(Number)));
  for (let i = 0; i < original.length; i += 4) {
    assert.equal(difference[i + 3], Math.abs(original[i] - picture[i]), `pixel ${i / 4}`);
  }
  await page.locator("#amplify-1").press("Enter");
  const strong = (await changed(page, "#difference-0", difference.join())).split(",").map(Number);
  for (let i = 3; i < strong.length; i += 4) assert.equal(strong[i], Math.min(255, 4 * difference[i]), `pixel ${(i - 3) / 4}`);
  const pressed = () => page.locator(".signs button").evaluateAll((buttons) => buttons.map((button) => button.ariaPressed));
  assert.deepEqual(await pressed(), ["true", "true"]);
  await page.locator("#amplify-0").click();
  await page.waitForFunction(() => document.querySelector("#amplify-1").ariaPressed === "false");
  await page.close();
});

test("a picture is opened, dropped and pasted, as grey of the models' size", async () => {
  const { page } = await shown();
  const grey = (value) => page.waitForFunction((value) => {
    const { data } = document.querySelector("#original").getContext("2d").getImageData(0, 0, 64, 64);
    return data.every((v, i) => (i % 4 === 3 ? v === 255 : Math.abs(v - value) <= 1));
  }, value);
  await page.locator("#open").setInputFiles({ name: "red.png", mimeType: "image/png", buffer: await png(page, "#f00", 300, 100) });
  await grey(76);
  assert.ok(await page.locator("#by-hand").isChecked());
  await hand(page, "drop", await png(page, "#0f0", 20, 50), "image/png");
  await grey(150);
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await hand(page, "paste", await png(page, "#00f", 64, 64), "image/png");
  await grey(29);
  await page.waitForFunction(() => document.querySelector("#original").getBoundingClientRect().top < innerHeight);
  await page.close();
});

test("a file that is no picture is named, and changes nothing", async () => {
  const { page } = await shown();
  const before = await pixels(page, "#original");
  await hand(page, "drop", Buffer.from("nonsense"), "image/png");
  await page.locator("#refused").waitFor();
  assert.equal(await page.textContent("#refused"), "mine.png can’t be read as a picture.");
  assert.equal(await pixels(page, "#original"), before);
  await page.close();
});

test("the button brings random pictures of the world", async () => {
  const { page } = await shown();
  let picture = await pixels(page, "#original");
  const seen = new Set([picture]);
  for (let i = 0; i < 3; i++) {
    await page.getByRole("button", { name: "Random picture" }).click();
    picture = await changed(page, "#original", picture);
    seen.add(picture);
  }
  assert.equal(seen.size, 4);
  await page.close();
});

test("on a phone the paper is wide enough for a finger, and draws without scrolling", async () => {
  const { page } = await shown({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.locator("label", { hasText: "By hand" }).tap();
  const box = await page.locator("#original").boundingBox();
  assert.ok(box.width > 110, `${box.width}`);
  assert.equal(await page.$eval("#original", (canvas) => getComputedStyle(canvas).touchAction), "none");
  await page.close();
});
