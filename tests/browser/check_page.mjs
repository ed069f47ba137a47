// Opens each HTML file given in headless Chromium with the network off and prints one JSON line per file:
// {file, requests: [{url, failure}], console_errors: [text],
//  widths: [{width, client_width, scroll_width, violations: [{id, impact, help, nodes}]}]}
// Usage: node check_page.mjs PAGE.html [PAGE.html ...]

import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
const WINDOWS = [
  { width: 1280, height: 1000 },
  { width: 390, height: 844 },
];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function findBrowser() {
  for (const name of BROWSERS) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not here: look in the next folder
      }
    }
  }
  throw new Error(`no browser on PATH: ${BROWSERS.join(", ")}`);
}

async function checkPage(browser, file, axe) {
  const address = pathToFileURL(resolve(file)).href;
  const context = await browser.newContext({ offline: true, viewport: WINDOWS[0] });
  const page = await context.newPage();
  const requests = [];
  const errors = [];
  page.on("request", (request) => {
    // A data: image is part of the page; Chromium reports it as a request all the same.
    if (request.url() !== address && !request.url().startsWith("data:")) {
      requests.push({ url: request.url(), failure: "" });
    }
  });
  page.on("requestfailed", (request) => {
    // "csp" is the page's own policy; anything else got past it and met the closed network.
    const entry = requests.find((known) => known.url === request.url());
    if (entry) entry.failure = request.failure()?.errorText ?? "";
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => {
    errors.push(`dialog: ${dialog.type()}`);
    dialog.dismiss();
  });
  await page.goto(address, { waitUntil: "load" });
  const widths = [];
  for (const size of WINDOWS) {
    await page.setViewportSize(size);
    const extent = await page.evaluate(() => ({
      client_width: document.documentElement.clientWidth,
      scroll_width: document.documentElement.scrollWidth,
    }));
    // Evaluated by the debugger, so the page's own policy stays in force.
    await page.evaluate(axe);
    const found = await page.evaluate(
      (rules) => globalThis.axe.run(document, { runOnly: rules, preload: false, resultTypes: ["violations"] }),
      RULES,
    );
    const violations = found.violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      nodes: nodes.map((node) => node.target.join(" ")),
    }));
    widths.push({ width: size.width, ...extent, violations });
  }
  await context.close();
  return { file, requests, console_errors: errors, widths };
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node check_page.mjs PAGE.html [PAGE.html ...]");
  process.exit(2);
}
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: findBrowser(), args: FLAGS });
try {
  for (const file of files) console.log(JSON.stringify(await checkPage(browser, file, axe)));
} finally {
  await browser.close();
}
