// What most test files stand on: one browser and one host, there before the first test, gone after the last.
import { after, before } from "node:test";
import { launch, ready, serve, visit } from "./site.mjs";

/** The models that most tests are about, whose world is the simplest. */
export const SPRITES = "m=vae,sparse";

/** Where each model stands, as the page calls it. */
export const PLACES = ["left", "right"];

/** The live picture of each model, by its accessible name. */
export const LIVE = PLACES.map((place) => `[aria-label="Live picture of the model on the ${place}"]`);

/** The stage, with the page served below `base`, to a browser with WebGPU or without. */
export function stage({ base, webgpu } = {}) {
  const stage = {
    /** The page as `visit` opens it. */
    visit: (options, address = stage.address) => visit(stage.browser, address, options),
    /** The page with both models of sprites shown, in a view of it; or at an address of its own. */
    async shown({ view, ...options } = {}, address = `${stage.address}#${SPRITES}${view ? `&v=${view}` : ""}`) {
      const seen = await stage.visit(options, address);
      for (const side of [0, 1]) await ready(seen.page, side);
      return seen;
    },
  };
  let site;
  before(async () => {
    stage.browser = await launch({ webgpu });
    site = await serve({}, base);
    stage.address = site.address;
  });
  after(async () => {
    await stage.browser?.close();
    await site?.close();
  });
  return stage;
}
