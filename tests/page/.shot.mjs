import { launch, serve, visit } from "/work/wt/page/tests/page/site.mjs";
// args: out, width, height, scheme, hash, [actions js]
const site = await serve();
const browser = await launch({ webgpu: process.env.GPU === "1" });
for (const spec of process.argv.slice(2)) {
  const [out, w, h, scheme, hash, act, motion] = spec.split("|");
  const seen = await visit(browser, site.address + (hash || ""), { viewport: { width: +w, height: +h }, colorScheme: scheme || "light", ...(motion ? { reducedMotion: "no-preference" } : {}) , ...(+w<500?{isMobile:true,hasTouch:true}:{})});
  const { page, complaints } = seen;
  try {
    await page.waitForFunction(() => [0, 1].every((s) => document.querySelector(`#about-${s}`)?.dataset.ready === "true"), undefined, { timeout: 20000 });
    await page.waitForTimeout(2500);
    if (act) { await page.evaluate(act); await page.waitForTimeout(2500); }
  } catch (e) { console.log(String(e).slice(0, 300)); }
  await page.screenshot({ path: out });
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight]);
  console.log(out, wide.join(" "), complaints.slice(0,5));
  await page.close();
}
await browser.close(); await site.close();
