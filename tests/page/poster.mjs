// Writes the poster, which stands for the pictures of the opening until its models have come:
// `poster.mjs ADDRESS FILE`.
import { writeFile } from "node:fs/promises";
import { launch, ready, visit } from "./site.mjs";

const [address, file] = process.argv.slice(2);
if (!address || !file) throw new Error("usage: poster.mjs ADDRESS FILE");
const browser = await launch();
const { page } = await visit(browser, address);
const { names, rows } = await page.evaluate(() => ({
  names: document.documentElement.dataset.poster,
  rows: document.querySelectorAll(".posted").length,
}));
await Promise.all([ready(page, 0), ready(page, 1)]);
await page.waitForTimeout(1000);
const chosen = await page.$$eval("#menu-0, #menu-1", (menus) => menus.map((menu) => menu.value).join());
if (names !== chosen) throw new Error(`the page opens with ${chosen}: name them in static/main.js in place of ${names}`);
// A line of each row's pictures, the left model's before the right one's, and below them the live pictures.
const picture = await page.evaluate((rows) => {
  const sheet = document.createElement("canvas");
  const side = 64;
  Object.assign(sheet, { width: 18 * side, height: (rows + 1) * side });
  const context = sheet.getContext("2d");
  for (const right of [0, 1]) {
    const left = right * 9 * side;
    const strips = [...document.querySelectorAll("#grid > .row")].slice(0, rows)
      .map((row) => row.querySelector(`.side-${right} canvas`));
    strips.forEach((strip, row) => strip && context.drawImage(strip, left, row * side));
    // Neighbours that are alike keep the edge clean when the picture is drawn larger.
    for (const beside of [-side, side, 0]) context.drawImage(document.querySelector(`#live-${right}`), left + beside, rows * side);
  }
  return sheet.toDataURL("image/webp", 0.4).split(",")[1];
}, rows);
await writeFile(file, Buffer.from(picture, "base64"));
await browser.close();
