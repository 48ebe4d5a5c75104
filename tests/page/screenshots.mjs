// Photographs the page for the README: `screenshots.mjs ADDRESS FOLDER`.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, ready, visit } from "./site.mjs";

const VIEWS = {
  "page-light.png": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "page-dark.png": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "page-narrow.png": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
};

const [address, folder] = process.argv.slice(2);
if (!address || !folder) throw new Error("usage: screenshots.mjs ADDRESS FOLDER");
await mkdir(folder, { recursive: true });
const browser = await launch();
for (const [name, options] of Object.entries(VIEWS)) {
  const { page } = await visit(browser, address, options);
  await Promise.all([ready(page, 0), ready(page, 1)]);
  await page.screenshot({ path: join(folder, name) });
  await page.close();
}
await browser.close();
