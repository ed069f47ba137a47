// Opens a what-if page, types every set of figures of a JSON file into it, and prints what the page says.
// Usage: node drive_what_if.mjs PAGE INPUTS
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
const [, , page, inputs] = process.argv;
const executablePath = process.env.PATH.split(delimiter)
  .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
  .find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic"] });
const context = await browser.newContext({ offline: true });
const tab = await context.newPage();
const errors = [];
tab.on("pageerror", (error) => errors.push(String(error)));
tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
await tab.goto(pathToFileURL(page).href);
await tab.waitForSelector("main[data-ready=true]");
const sets = JSON.parse(readFileSync(inputs, "utf-8"));
const found = await tab.evaluate((given) => {
  const outputs = ["cost", "benefit", "net_cost", "bcr"];
  const read = (id) => {
    const text = document.getElementById(id).getAttribute("data-value");
    return text === "" ? null : Number(text);
  };
  const results = [];
  const times = [];
  for (const levers of given) {
    const start = performance.now();
    for (const [name, value] of Object.entries(levers)) {
      const field = document.getElementById("lever-" + name);
      field.value = String(value * Number(field.getAttribute("data-scale")));
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    times.push(performance.now() - start);
    results.push({
      values: Object.fromEntries(outputs.map((id) => [id, read(id)])),
      break_even: Object.fromEntries(Object.keys(levers).map((name) => [name, read("even-" + name)])),
    });
  }
  return { results, slowest: Math.max(...times) };
}, sets);
// By keyboard: the first field is reached by tabbing, and an arrow key changes the result.
await tab.reload();
await tab.waitForSelector("main[data-ready=true]");
const before = await tab.locator("#benefit").getAttribute("data-value");
for (let count = 0; count < 12; count += 1) {
  await tab.keyboard.press("Tab");
  if (await tab.evaluate(() => document.activeElement.id === "lever-wage")) break;
}
const reached = await tab.evaluate(() => document.activeElement.id);
await tab.keyboard.press("ArrowUp");
const after = await tab.locator("#benefit").getAttribute("data-value");
console.log(JSON.stringify({ ...found, errors, reached, moved: before !== after }));
await browser.close();
