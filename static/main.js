// Starts the page, or says in place why it can't.
import init, { start } from "./latentscope-web.js";

// A module of one function that uses a vector: what a browser without wasm SIMD refuses.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

// A slide or a blog shows the rows alone.
document.documentElement.toggleAttribute("data-embed", new URLSearchParams(location.search).has("embed"));

function refuse(sentence) {
  const notice = document.getElementById("notice");
  notice.textContent = sentence;
  notice.hidden = false;
}

if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(SIMD))) {
  refuse("This browser has no WebAssembly with SIMD, on which the models run; any browser of the last years has it.");
} else {
  try {
    await init();
    start();
    // Once there is nothing else to do, the page is kept for when there is no network.
    const keep = () => navigator.serviceWorker?.register("service.js").catch(() => {});
    (self.requestIdleCallback ?? setTimeout)(keep);
  } catch (error) {
    console.warn(error);
    refuse("latentscope-web_bg.wasm can’t be started; reload the page or publish the page’s folder again.");
  }
}
