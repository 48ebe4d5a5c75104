// The plainest host that many have at hand, python3 -m http.server, and its own ideas of file types.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { launch, ready } from "./site.mjs";

const missing = spawnSync("python3", ["--version"]).status !== 0 && "there is no python3";

test("python3 -m http.server is host enough, and is not needed after", { skip: missing }, async (test) => {
  const folder = process.env.DIST ?? "dist";
  const server = spawn("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]);
  test.after(() => server.kill());
  const port = await new Promise((found) => {
    let said = "";
    // Its line may come in pieces.
    server.stdout.on("data", (text) => {
      said += text;
      const port = /port (\d+)\D/.exec(said);
      if (port) found(port[1]);
    });
  });
  const browser = await launch();
  test.after(() => browser.close());
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`http://127.0.0.1:${port}/`);
  for (const side of [0, 1]) await ready(page, side);
  await page.evaluate(() => navigator.serviceWorker.ready);
  assert.deepEqual(complaints, []);
  server.kill();
  await page.reload();
  for (const side of [0, 1]) await ready(page, side);
});
