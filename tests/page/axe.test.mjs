// What axe finds, as assistive technology would meet the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { stage } from "./stage.mjs";

const { shown } = stage();

for (const width of [390, 1440]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing in any view at ${width} pixels in ${colorScheme}`, async () => {
      const { page } = await shown({ viewport: { width, height: 900 }, colorScheme });
      await page.evaluate(axe.source);
      for (const tab of await page.locator("nav a").all()) {
        await tab.press("Enter");
        await page.waitForTimeout(300);
        await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
        const found = violations.map(({ id, nodes }) => [id, nodes.length, nodes[0].html, nodes[0].failureSummary]);
        assert.deepEqual(found, [], await tab.textContent());
      }
      await page.close();
    });
  }
}
