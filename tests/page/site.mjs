// A static host for the built page, and a browser to visit it with.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const DIST = process.env.DIST ?? "dist";
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".wasm": "application/wasm", ".svg": "image/svg+xml",
};
const FLAGS = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A file of the built page. */
export const built = (path) => readFile(join(DIST, path));

/**
 * Serves the built page below `base`. `changed` maps a path to the bytes to send in its place, to a
 * function of its bytes, or to null for a file that is missing. `headers` go with every file.
 */
export async function serve(changed = {}, base = "/", headers = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    try {
      if (!path.startsWith(base)) throw new Error("elsewhere");
      const name = normalize(path.slice(base.length) || "index.html");
      const change = changed[name];
      if (change === null || name.startsWith("..")) throw new Error("missing");
      const body = typeof change === "function" ? change(await built(name)) : (change ?? (await built(name)));
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", ...headers });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${server.address().port}${base}`;
  return { address, close: () => new Promise((done) => server.close(done).closeAllConnections()) };
}

// Chromium's software adapter, with canvases that it can draw to.
const WEBGPU = [
  "--enable-unsafe-webgpu", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--use-gl=angle",
  "--use-angle=swiftshader", "--enable-features=Vulkan", "--use-vulkan=swiftshader",
];

/** Starts the browser, with WebGPU or without, and with further flags. */
export const launch = ({ webgpu = false, flags = [] } = {}) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...(webgpu ? WEBGPU : []), ...flags],
  });

// Chromium's own remarks: on these tests, which read canvases all the time, and on a machine without GPU.
const ADVICE = ["willReadFrequently", "No available adapters"];

/** Opens the page, after running `prepare` in it. Requests and complaints are recorded. */
export async function visit(browser, address, options = {}) {
  const { prepare, ...rest } = options;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...rest });
  // Machines that do other work besides are slow.
  page.setDefaultTimeout(60_000);
  if (prepare) await page.addInitScript(prepare);
  const seen = { page, requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type()) || ADVICE.some((text) => message.text().includes(text))) return;
    seen.complaints.push(message.text());
  });
  await page.goto(address);
  return seen;
}

/** Waits until a side's model is shown and has seen the picture. */
export async function ready(page, side) {
  await drawn(page, side);
  await page.waitForSelector(`#about-${side}[data-seen="true"]`, { state: "attached" });
}

/** Waits until a side's model is shown: its live picture, and in the view of rows all of them. */
export async function drawn(page, side) {
  await page.waitForSelector(`#about-${side}[data-ready="true"]`, { state: "attached" });
  await page.waitForFunction((side) => {
    const rows = document.querySelector("#rows:not([hidden])") ? [...document.querySelectorAll(`#grid .side-${side} canvas`)] : [];
    // A canvas that is still the GPU's has no such context.
    const shown = (canvas) =>
      canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    return [document.querySelector(`#live-${side}`), ...rows].every(shown);
  }, side);
}

/** A canvas's pixels, as one string that can be compared. */
export const pixels = (page, selector) =>
  page.$eval(selector, (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join());

/** Waits until the page's address matches `pattern`, polled: `page.waitForURL` can miss a change of the hash. */
export const addressed = (page, { source }) =>
  page.waitForFunction((source) => new RegExp(source).test(location.href), source, { polling: 100 });

/** Waits until a canvas no longer has these pixels, and returns those that it has. */
export async function changed(page, selector, before) {
  await page.waitForFunction(([selector, before]) => {
    const canvas = document.querySelector(selector);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join() !== before;
  }, [selector, before]);
  return pixels(page, selector);
}

/** The golden pictures of a model by index of the grid, as bytes a pixel. */
export async function golden(file) {
  const bytes = await readFile(new URL(`../golden/${file}`, import.meta.url));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const start = (name) => 8 + length + header[name].data_offsets[0];
  const [count, size] = header.pictures.shape;
  return new Map(Array.from({ length: count }, (_, i) => [
    Number(bytes.readBigUInt64LE(start("indices") + 8 * i)),
    Array.from({ length: size }, (_, j) => 255 * bytes.readFloatLE(start("pictures") + 4 * (i * size + j))),
  ]));
}

/** A weights file's header, and each tensor's bytes. */
function opened(file) {
  const size = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, 8 + size));
  const bytes = (name) => file.subarray(...tensors[name].data_offsets.map((at) => 8 + size + at));
  return { card: __metadata__.latentscope, tensors, bytes };
}

/** A weights file of these parts: what `opened` gives, and the bytes of tensors that have others. */
function closed({ card, tensors, bytes }, changed = {}) {
  const data = Object.keys(tensors).map((name) => changed[name] ?? bytes(name));
  let end = 0;
  const placed = Object.entries(tensors).map(([name, tensor], i) => {
    const start = end;
    end += data[i].length;
    return [name, { ...tensor, data_offsets: [start, end] }];
  });
  const text = Buffer.from(JSON.stringify({ __metadata__: { latentscope: card }, ...Object.fromEntries(placed) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...data]);
}

/** The file with its card changed. */
export const withCard = (change) => (file) => {
  const parts = opened(file);
  // A card that was changed has another checksum; one without is not checked.
  const { checksum, ...card } = JSON.parse(parts.card);
  return closed({ ...parts, card: change(JSON.stringify(card)) });
};

/**
 * A grey model's file, of half precision, as a model of colours: it draws the picture in red, its negative in
 * blue and half of the light in green, and sees the red alone.
 */
export function inColour(file) {
  const { card, tensors, bytes } = opened(file);
  // A card that was changed has another checksum; one without is not checked.
  const { checksum, ...parsed } = JSON.parse(card);
  parsed.model.image.channels = 3;
  const coloured = (name) => {
    const grey = bytes(name);
    const colours = Buffer.alloc(3 * grey.length);
    for (let i = 0; i < grey.length; i += 2) {
      colours.writeUInt16LE(grey.readUInt16LE(i), 3 * i);
      colours.writeUInt16LE(grey.readUInt16LE(i) ^ 0x8000, 3 * i + 4);
    }
    return colours;
  };
  const [last, first] = ["decoder.deconv.3", "encoder.conv.0.weight"];
  const wide = tensors[first].shape[3] * 2;
  const grey = bytes(first);
  const seen = Buffer.concat(Array.from({ length: grey.length / wide }, (_, tap) =>
    [grey.subarray(tap * wide, (tap + 1) * wide), Buffer.alloc(2 * wide)]).flat());
  const shaped = (name, place) => ({ ...tensors[name], shape: tensors[name].shape.map((side, i) => (i === place ? 3 : side)) });
  const names = { weight: `${last}.weight`, bias: `${last}.bias` };
  return closed({
    card: JSON.stringify(parsed),
    tensors: { ...tensors, [first]: shaped(first, 2), [names.weight]: shaped(names.weight, 3), [names.bias]: shaped(names.bias, 0) },
    bytes,
  }, { [first]: seen, [names.weight]: coloured(names.weight), [names.bias]: coloured(names.bias) });
}
