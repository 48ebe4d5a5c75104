// Keeps the page for when there is no network. `VERSION` and `FILES`, pairs of a path and its hash, stand
// above: the build writes them, so that any change of a file is another version. A version is kept once all
// its files have their hashes, and takes over with the next load while no other page of the old one is open:
// parts of two never meet.
const PREFIX = `latentscope ${self.registration.scope} `;
const CACHE = PREFIX + VERSION;
const TAKE_OVER = "take over";

self.addEventListener("install", (event) => event.waitUntil(keep()));

self.addEventListener("message", (event) => {
  if (event.data === TAKE_OVER) self.skipWaiting();
  else event.waitUntil(keepModel(event.data));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(PREFIX) && name !== CACHE;
  const clear = async () => {
    const names = (await caches.keys()).filter(old);
    await Promise.all(names.map((name) => caches.delete(name)));
    // On a first visit, the open page is of this version.
    if (!names.length) await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  if (request.mode === "navigate") event.respondWith(opened(request));
  // Models come and go without a new version of the page.
  else event.respondWith(request.url.includes("/models/") ? freshest(request) : kept(request));
});

// A folder that is published halfway, or the browser's own copy of an old file, makes no version: the next
// visit tries again.
async function keep() {
  const cache = await caches.open(CACHE);
  const add = async ([file, integrity]) => {
    const response = await fetch(file, { cache: "no-cache", ...(integrity && { integrity }) });
    if (!response.ok) throw new Error(`${file} is missing`);
    await cache.put(file, response);
  };
  const outcomes = await Promise.allSettled(FILES.map(add));
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (!failed) return;
  await caches.delete(CACHE);
  throw failed.reason;
}

// Keeps a model that a page loaded before this worker was there.
async function keepModel(url) {
  if (typeof url !== "string" || !url.startsWith(`${self.registration.scope}models/`)) return;
  const cache = await caches.open(CACHE);
  if (!(await cache.match(url))) await cache.add(url).catch(() => {});
}

// The page; if a new version waits and this is the only page of the old one, the new version loads it.
async function opened(request) {
  const { waiting, scope } = self.registration;
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!waiting || all.filter(({ url }) => url.startsWith(scope)).length > 1) return kept(request);
  waiting.postMessage(TAKE_OVER);
  const again = "<!doctype html><title>Latentscope</title><script>location.reload()</script>";
  return new Response(again, { headers: { "content-type": "text/html" } });
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

async function freshest(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    // A full disk costs the copy only.
    if (response.ok) cache.put(request, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    const copy = await cache.match(request);
    if (copy) return copy;
    throw error;
  }
}
