// Keeps the page for when there is no network. `VERSION` and `FILES` stand above: the build writes
// them, so that any change of a file is another version. A new version waits until the last page of
// the old one is closed: parts of two never meet.
const PREFIX = `latentscope ${self.registration.scope} `;
const CACHE = PREFIX + VERSION;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(PREFIX) && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  // Models come and go without a new version of the page.
  event.respondWith(request.url.includes("/models/") ? freshest(request) : kept(request));
});

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
