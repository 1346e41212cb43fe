// `heed decide` through WebAssembly: the same lines give the same bytes. Lines are read by the
// studio's parser, never by JSON.parse.
//
//   node wasm/decide.mjs X.heed < visitors.ndjson > decisions.ndjson
//
// X is a compiled ruleset, signed or not, or a source: a file or a folder of *.heed.json.
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { createStudio } from './dist/studio.js';

const imageSizeAt = 16;
const headerSize = 64;
const newline = 10;

/** Says what is wrong and ends: 1 the input is wrong, 2 the call is wrong. */
function fail(status, message) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}

/** The image of a signed or unsigned file: its header says how long it is. */
function imageIn(bytes) {
  const size =
    bytes.length < headerSize ? bytes.length : Number(bytes.readBigUInt64LE(imageSizeAt));
  return bytes.subarray(0, size);
}

function sourceFiles(file) {
  const names = statSync(file).isDirectory()
    ? readdirSync(file)
        .filter((name) => name.endsWith('.heed.json'))
        .sort()
        .map((name) => path.join(file, name))
    : [file];
  return names.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
}

function compile(studio, file) {
  const { compiled, diagnostics } = studio.compile(sourceFiles(file));
  for (const it of diagnostics) {
    process.stderr.write(`${it.file}:${it.line}:${it.column}: ${it.message} (${it.path})\n`);
  }
  if (!compiled) process.exit(1);
  return compiled.image;
}

function open(studio, file) {
  try {
    const isSource = file.endsWith('.heed.json') || statSync(file).isDirectory();
    return studio.open(isSource ? compile(studio, file) : imageIn(readFileSync(file)));
  } catch (error) {
    return fail(1, `${file}: ${error.code}: ${error.message}`);
  }
}

async function answer(ruleset, lines) {
  const out = ruleset.decideLines(lines);
  for (const warning of ruleset.takeWarnings()) process.stderr.write(`heed: ${warning}\n`);
  if (out.length > 0 && !process.stdout.write(out)) await once(process.stdout, 'drain');
}

async function main() {
  const [file, ...rest] = process.argv.slice(2);
  if (file === undefined || rest.length > 0)
    fail(2, 'usage: node wasm/decide.mjs X.heed < visitors.ndjson');
  const bytes = readFileSync(new URL('dist/heed-studio.wasm', import.meta.url));
  const ruleset = open(await createStudio(new WebAssembly.Module(bytes)), file);
  let left = [];
  for await (const chunk of process.stdin) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      await answer(ruleset, Buffer.concat([...left, chunk.subarray(0, end)]));
      left = [];
    }
    if (end < chunk.length) left.push(chunk.subarray(end));
  }
  if (left.length > 0) await answer(ruleset, Buffer.concat(left));
  process.exitCode = ruleset.anyRefused ? 1 : 0;
}

await main();
