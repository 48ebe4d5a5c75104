// Starts the page, or says in place why it can't.
// A module of one function that uses a vector: what a browser without wasm SIMD refuses.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

document.getElementById("unstarted").hidden = true;

// A slide or a blog shows the rows alone.
document.documentElement.toggleAttribute("data-embed", new URLSearchParams(location.search).has("embed"));

// The poster shows what the page opens with, made by `cargo xtask poster`.
if (!location.hash.includes("m=")) document.documentElement.dataset.poster = "vae,sparse";

const BROKEN = "is missing or belongs to another version; reload the page, or publish its folder again.";

// Models of a first visit that came past the worker, before it was there.
function reportModels() {
  new PerformanceObserver(async (list) => {
    const { active } = await navigator.serviceWorker.ready;
    for (const { name, workerStart } of list.getEntries()) {
      if (!workerStart && name.includes("/models/")) active.postMessage(name);
    }
  }).observe({ type: "resource", buffered: true });
}

function refuse(sentence) {
  const notice = document.getElementById("notice");
  notice.textContent = sentence;
  notice.hidden = false;
}

if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(SIMD))) {
  refuse("This browser does not support WebAssembly with SIMD, which the models need; use a recent browser.");
} else {
  let file = "latentscope-web.js";
  try {
    // Asked for at once, and held to the hash that the page gives, as its scripts are.
    const { href, dataset } = document.querySelector("link[rel=preload]");
    const wasm = fetch(href, { integrity: dataset.integrity });
    wasm.catch(() => {});
    const { default: init, start } = await import("./latentscope-web.js");
    file = "latentscope-web_bg.wasm";
    await init({ module_or_path: wasm });
    start();
    // A stylesheet that was refused has no rules; the page works without.
    if (!getComputedStyle(document.documentElement).getPropertyValue("--page")) refuse(`style.css ${BROKEN}`);
    // Once there is nothing else to do, the page is kept for when there is no network.
    const keep = () => navigator.serviceWorker?.register("service.js").then(reportModels).catch(() => {});
    (self.requestIdleCallback ?? setTimeout)(keep);
  } catch (error) {
    console.warn(error);
    refuse(`${file} ${BROKEN}`);
  }
}
