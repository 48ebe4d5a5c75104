// What axe finds, as assistive technology would meet the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, ready, serve, visit } from "./site.mjs";

let browser, site;

before(async () => {
  browser = await launch();
  site = await serve();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

for (const width of [390, 1440, 2560]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing at ${width} pixels in ${colorScheme}`, async () => {
      const { page } = await visit(browser, site.address, { viewport: { width, height: 900 }, colorScheme });
      for (const side of [0, 1]) await ready(page, side);
      await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
      const found = violations.map(({ id, nodes }) => [id, nodes.length, nodes[0].html, nodes[0].failureSummary]);
      assert.deepEqual(found, []);
      await page.close();
    });
  }
}
