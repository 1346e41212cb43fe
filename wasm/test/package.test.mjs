// What others get: the packed tarball, its conditions and its types.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { compile, studio } from './bed.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
const scratch = mkdtempSync(path.join(tmpdir(), 'heed-package-'));
const installed = path.join(scratch, 'node_modules/heed');
after(() => rmSync(scratch, { recursive: true }));

before(() => {
  const pack = ['pack', '--ignore-scripts', '--pack-destination', scratch];
  execFileSync('npm', pack, { cwd: here, stdio: ['ignore', 'ignore', 'ignore'] });
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', [
    '-xzf',
    path.join(scratch, tarball),
    '--strip-components=1',
    '-C',
    installed,
  ]);
  writeFileSync(path.join(scratch, 'package.json'), '{"type":"module"}');
});

test('has no dependency, and conditions in the promised order', () => {
  assert.equal(manifest.dependencies, undefined);
  const order = ['types', 'workerd', 'edge-light', 'worker', 'browser', 'node'];
  assert.deepEqual(Object.keys(manifest.exports['.']).slice(0, 6), order);
});

test('the packed files work where they land', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { createRequire } from 'node:module';
    import { createHeed, HeedError } from 'heed';
    const wasm = readFileSync(createRequire(import.meta.url).resolve('heed/heed.wasm'));
    await createHeed({ wasm, ruleset: Buffer.from('no'), keys: ['${'A'.repeat(43)}'] })
      .catch((error) => console.log(error instanceof HeedError, error.code));
    const { createStudio } = await import('heed/studio');
    const module = readFileSync(createRequire(import.meta.url).resolve('heed/heed-studio.wasm'));
    const studio = await createStudio(new WebAssembly.Module(module));
    console.log(studio.check([{ name: 'a.heed.json', text: studio.starter() }]).length);`;
  writeFileSync(path.join(scratch, 'use.mjs'), script);
  const { stdout, stderr } = spawnSync(process.execPath, ['use.mjs'], {
    cwd: scratch,
    encoding: 'utf8',
  });
  assert.equal(stdout, 'true not_a_ruleset\n0\n', stderr);
});

test('every path that it exports is packed', () => {
  const paths = (entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(paths);
  const require = createRequire(path.join(installed, 'x.js'));
  for (const target of Object.values(manifest.exports)
    .flatMap(paths)
    .filter((it) => !it.includes('*'))) {
    assert.ok(require.resolve(path.join(installed, target)), target);
  }
});

test('no script of it evaluates text', () => {
  for (const name of readdirSync(path.join(installed, 'dist')).filter((it) => it.endsWith('.js'))) {
    const text = readFileSync(path.join(installed, 'dist', name), 'utf8');
    assert.doesNotMatch(text, /\beval\s*\(|new Function\b|innerHTML|document\.write/, name);
  }
});

test('generated types check the names of a ruleset', () => {
  const source = {
    site: 't',
    attributes: { device: { type: 'string' } },
    signals: { view: { price: 'number' } },
    slots: { hero: {} },
    triggers: { r0: { slot: 'hero', parts: { arm: ['a', 'b'] } } },
  };
  writeFileSync(path.join(scratch, 'names.ts'), studio.open(compile(source)).types());
  writeFileSync(
    path.join(scratch, 'use.ts'),
    `
    import { createHeed, type CreateOptions } from 'heed';
    import type { Attributes, Signals, Slots } from './names.ts';
    declare const options: CreateOptions;
    type Shop = { attributes: Attributes; signals: Signals; slots: Slots };
    const heed = await createHeed<Shop>(options);
    heed.set({ device: 'phone' });
    heed.observe('view', { price: 5 }, { id: 'x' });
    const arm: 'a' | 'b' | undefined = heed.decide('hero').options.arm;
    // @ts-expect-error no such attribute
    heed.set({ devise: 'phone' });
    // @ts-expect-error a number, not text
    heed.observe('view', { price: '5' });
    // @ts-expect-error no such signal
    heed.observe('viewed');
    // @ts-expect-error no such slot
    heed.decide('header');
    // @ts-expect-error no such option
    const other: 'c' | undefined = heed.decide('hero').options.arm;
    const loose = await createHeed(options);
    loose.set({ anything: ['goes', 'here'] });
    const text: string | undefined = loose.decide('anywhere').options['title'];
    export { arm, other, text };`,
  );
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'es2022',
    '--moduleResolution',
    'bundler',
    '--lib',
    'es2022,esnext.disposable,dom',
    '--allowImportingTsExtensions',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
  ];
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...flags, 'use.ts'], {
    cwd: scratch,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('a bundler takes no other code along than the browser needs', () => {
  const folder = path.join(scratch, 'bundle');
  mkdirSync(folder);
  symlinkSync(path.join(scratch, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'in.js'), "export { createHeed } from 'heed';");
  const esbuild = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
  const out = execFileSync(
    esbuild,
    ['in.js', '--bundle', '--format=esm', '--splitting', '--outdir=out', '--metafile=meta.json'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const { inputs } = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8'));
  const names = Object.keys(inputs)
    .map((name) => path.basename(name))
    .sort();
  assert.deepEqual(names, ['ed25519.js', 'in.js', 'index.js'], String(out));
});
