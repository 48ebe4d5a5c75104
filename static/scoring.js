// Scores a model by a module of its own, which is fetched only for this, and held to the page's hash.
import init, { check } from "./latentscope-scoring.js";

self.onmessage = async ({ data: [module, hash, file, full] }) => {
  try {
    await init({ module_or_path: fetch(module, hash ? { integrity: hash } : {}) });
  } catch {
    const sentence = `${module} is missing or belongs to another version; reload the page, or publish its folder again`;
    self.postMessage(JSON.stringify({ Err: sentence }));
    return;
  }
  try {
    self.postMessage(await check(new Uint8Array(file), full, (share) => self.postMessage(share)));
  } catch (error) {
    self.reportError(error);
  }
};
