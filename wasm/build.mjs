// Puts the package together in dist/: scripts by esbuild, types by tsc, modules from CMake's build
// tree. Only files whose bytes change are written. dist/edge belongs to the workspace `edge`.
//
//   node build.mjs [--modules DIR]     default: ../build/wasm/modules
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build, transform } from 'esbuild';
import { minify } from 'terser';

import { rehearsalImage } from './rehearsal_image.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = path.join(here, 'package/src');
const dist = path.join(here, 'dist');
const { values } = parseArgs({
  options: { modules: { type: 'string', default: '../build/wasm/modules' } },
});
const modules = path.resolve(here, values.modules);

function put(name, bytes) {
  const target = path.join(dist, name);
  if (existsSync(target) && readFileSync(target).equals(bytes)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, bytes);
}

/** Hosts at the edge have Ed25519: their build is one file. */
const withoutFallback = {
  name: 'without-fallback',
  setup({ onResolve }) {
    onResolve({ filter: /\/fallback\.ts$/ }, () => ({
      path: path.join(source, 'fallback_none.ts'),
    }));
  },
};

/** What esbuild has minified, made a twentieth smaller: brotli likes quotes that are all alike. */
async function shrunk(code) {
  const { code: smaller } = await minify(code, {
    module: true,
    compress: { ecma: 2022, passes: 3, keep_fargs: false, hoist_funs: true, lhs_constants: false },
    mangle: { toplevel: true },
    format: { ecma: 2022, comments: false, quote_style: 1 },
  });
  return Buffer.from(smaller);
}

async function bundle(options) {
  const { outputFiles } = await build({
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    chunkNames: '[name]',
    outdir: dist,
    write: false,
    logLevel: 'warning',
    ...options,
  });
  for (const { path: file, text } of outputFiles)
    put(path.relative(dist, file), await shrunk(text));
}

function module(name) {
  const file = path.join(modules, name);
  if (!existsSync(file))
    throw new Error(`${file} is missing: run ./dev build, which builds the modules first`);
  return readFileSync(file);
}

put('heed.wasm', module('heed.wasm'));
put('heed-studio.wasm', module('heed-studio.wasm'));
const glue = await transform(module('heed-studio.js').toString(), {
  minify: true,
  target: 'es2022',
});
put('heed-studio.js', Buffer.from(glue.code));
await bundle({ entryPoints: [path.join(source, 'studio.ts')], external: ['./heed-studio.js'] });

const withRehearsal = await rehearsalImage(dist);
await bundle({
  entryPoints: [path.join(source, 'index.ts')],
  splitting: true,
  plugins: [withRehearsal],
});
await bundle({
  entryPoints: [path.join(source, 'worker.ts')],
  plugins: [withoutFallback, withRehearsal],
});
await bundle({ entryPoints: [path.join(source, 'slot.ts')] });
await bundle({ entryPoints: [path.join(source, 'replay.ts')], plugins: [withRehearsal] });

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', path.join(here, 'package')], { stdio: 'inherit' });
