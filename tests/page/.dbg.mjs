import { launch, serve, visit } from "./site.mjs";
const site = await serve(); const browser = await launch();
const { page, complaints } = await visit(browser, site.address, { reducedMotion: "no-preference" });
for (let i = 0; i < 12; i++) {
  await page.waitForTimeout(3000);
  console.log(await page.evaluate(() => [...[0, 1].map((s) => [document.querySelector(`#about-${s}`)?.dataset.ready, document.querySelector(`#about-${s}`)?.dataset.seen, [...document.querySelectorAll(`#grid .side-${s} canvas`)].map((c) => +c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)).join("")].join(" ")), document.querySelector("#moving")?.textContent, document.querySelector("#pace")?.textContent]));
}
console.log(complaints);
await browser.close(); await site.close();
