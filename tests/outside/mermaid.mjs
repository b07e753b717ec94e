// Reads diagrams (a JSON array of strings), and prints for each what Mermaid's own parser makes of it: its type, the labels
// of its boxes and of its arrows, or the error.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

const require = createRequire(join(process.env.REMEDIATE_CONSUMERS, 'package.json'));
const { JSDOM } = require('jsdom');
const page = new JSDOM('<!DOCTYPE html><body></body>');
globalThis.window = page.window;
globalThis.document = page.window.document;
const folder = join(process.env.REMEDIATE_CONSUMERS, 'node_modules', 'mermaid');
const entry = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).exports['.'].import;
const mermaid = (await import(pathToFileURL(join(folder, entry)))).default;

// Mermaid's mark for a character code, until it draws.
const decoded = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));
const found = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    await mermaid.parse(text);
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const boxes = [...db.getVertices().values()].map((one) => decoded(one.text));
    const arrows = db.getEdges().map((one) => decoded(one.text));
    found.push({ type, boxes, arrows });
  } catch (error) {
    found.push({ error: String(error.message ?? error) });
  }
}
console.log(JSON.stringify(found));
