// Where the bytes of the page's files come from: of the module by its line tables and by what its
// exports reach, of the script by esbuild's account of its bundle.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { rehearsalImage } from '../../wasm/rehearsal_image.mjs';

/** A source's part: ours by file, the standard library's by header, the rest by library. */
function partOf(file) {
  const own = /\/(core\/\w+|wasm)\/(?:src\/|include\/heed\/\w+\/)?([^/]+)$/.exec(file);
  if (own && !file.includes('third_party')) return `${own[1]}/${own[2]}`;
  const header = /\/c\+\+\/v1\/(?:__\w+\/)?([\w.]+)$/.exec(file);
  if (header) return `libc++ ${header[1]}`;
  if (file.includes('cereal')) return 'cereal';
  if (file.includes('expected')) return 'tl::expected';
  return 'malloc and libc';
}

/**
 * Bytes of machine code by part, most first. The module measured has line tables, which keep the
 * last passes of the optimiser away: shares hold, sums are a fifth higher than what ships.
 *
 * @param {string} module  heed-lines.wasm
 * @returns {[part: string, bytes: number][]}
 */
export function moduleParts(module) {
  const text = execFileSync('llvm-dwarfdump-14', ['--debug-line', module], {
    maxBuffer: 1 << 30,
  }).toString();
  const parts = new Map();
  let [folders, files, last, from] = [[], [], 0, null];
  for (const line of text.split('\n')) {
    const folder = /^include_directories\[\s*(\d+)\] = "(.*)"/.exec(line);
    const entry = /^file_names\[\s*(\d+)\]/.exec(line);
    const name = /^\s+name: "(.*)"/.exec(line);
    const index = /^\s+dir_index: (\d+)/.exec(line);
    const row = /^0x([0-9a-f]{16})\s+\d+\s+\d+\s+(\d+)\s+\d+\s+\d+(.*)/.exec(line);
    if (line.startsWith('debug_line[')) [folders, files, from] = [[], [], null];
    else if (folder) folders[folder[1]] = folder[2];
    else if (entry) last = Number(entry[1]);
    else if (name) files[last] = name[1];
    else if (index) files[last] = `${folders[index[1]]}/${files[last]}`;
    else if (row) {
      const at = parseInt(row[1], 16);
      if (from) parts.set(from.part, (parts.get(from.part) ?? 0) + at - from.at);
      from = row[3].includes('end_sequence') ? null : { at, part: partOf(files[row[2]] ?? '') };
    }
  }
  return [...parts].sort((a, b) => b[1] - a[1]);
}

/** Bytes of the page's script by source as esbuild leaves them, before terser; most first. */
export async function scriptParts(entry) {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    outdir: path.dirname(entry),
    write: false,
    metafile: true,
    plugins: [await rehearsalImage(fileURLToPath(new URL('../../wasm/dist', import.meta.url)))],
  });
  const bundled = Object.entries(metafile.outputs).find(([name]) => name.endsWith('index.js'));
  return Object.entries(bundled[1].inputs)
    .map(([file, { bytesInOutput }]) => [path.basename(file), bytesInOutput])
    .sort((a, b) => b[1] - a[1]);
}

/** What a module with these exports can do besides what those before it can. */
const abilities = {
  'a heap and a buffer': ['heed_abi', 'heed_head', 'heed_reserve'],
  'opening: proof, names': [
    'heed_open',
    'heed_rows',
    'heed_cell',
    'heed_child',
    'heed_string',
    'heed_find',
  ],
  'sessions, and reading snapshots': ['heed_session', 'heed_end'],
  'attributes and conditions': ['heed_set'],
  'deciding by a scan': ['heed_decide'],
  'exposures and records': ['heed_expose', 'heed_drain'],
  signals: ['heed_observe', 'heed_refund'],
  'writing snapshots, views, consent': ['heed_save', 'heed_begin_view', 'heed_set_level'],
  explaining: ['heed_explain'],
  'indexes, all decisions at once': ['heed_index', 'heed_winners', 'heed_decide_all'],
};
const features = ['bulk-memory', 'simd', 'sign-ext', 'nontrapping-float-to-int'];

/**
 * How large a module is that can do the first thing, the first two, and so on to all.
 *
 * @param {string} file  heed.wasm
 * @param {(bytes: Buffer) => number} weigh
 * @returns {[ability: string, weight: number][]}
 */
export function moduleSteps(file, weigh) {
  const named = Object.values(abilities).flat();
  const module = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(file)));
  const calls = module.map(({ name }) => name).filter((name) => name.startsWith('heed_'));
  const unlike = [
    ...calls.filter((name) => !named.includes(name)),
    ...named.filter((name) => !calls.includes(name)),
  ];
  if (unlike.length > 0) throw new Error(`bench/size/parts.mjs and heed.wasm differ in ${unlike}`);
  const flags = features.map((name) => `--enable-${name}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-size-'));
  const at = (name) => path.join(folder, name);
  const kept = module.map(({ name }) => name).filter((name) => !calls.includes(name));
  try {
    return Object.entries(abilities).map(([ability, more]) => {
      kept.push(...more);
      const exports = module.map(({ name }) => ({ name, export: name }));
      const graph = [{ name: 'kept', root: true, reaches: kept }, ...exports];
      writeFileSync(at('graph.json'), JSON.stringify(graph));
      const quiet = { stdio: ['ignore', 'ignore', 2] };
      const cut = [file, `--graph-file=${at('graph.json')}`, '-o', at('cut.wasm')];
      execFileSync('wasm-metadce', [...flags, ...cut], quiet);
      const small = ['-Oz', '--converge', at('cut.wasm'), '-o', at('small.wasm')];
      execFileSync('wasm-opt', [...flags, ...small], quiet);
      return [ability, weigh(readFileSync(at('small.wasm')))];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
