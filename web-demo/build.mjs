// Bundles what pages load: the shop's script, the console and its worker, the board. The package's
// wasm comes from the edge, the studio's from the console's own server.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['browser'],
  splitting: false,
  logLevel: 'warning',
};

// The compiler checks what the shop's script says of attributes, signals and slots.
const names = execFileSync(file('../build/heed'), ['types', file('../rulesets/shop')]);
mkdirSync(file('shop/dist'), { recursive: true });
writeFileSync(file('shop/dist/names.ts'), names);

await build({
  ...common,
  entryPoints: [file('shop/client.ts')],
  outfile: file('shop/dist/shop.js'),
});
const jsx = { jsx: 'automatic', jsxImportSource: 'preact', external: ['/fonts/*'] };
await build({
  ...common,
  ...jsx,
  entryPoints: ['tower/src/main.tsx', 'tower/src/worker.ts', 'tower/tower.css'].map(file),
  outdir: file('tower/dist'),
  entryNames: '[name]',
});
await build({
  ...common,
  ...jsx,
  entryPoints: ['board/src/page.ts', 'board/page.css'].map(file),
  outdir: file('board/dist'),
  entryNames: '[name]',
});
await build({
  ...common,
  ...jsx,
  entryPoints: ['stage/src/main.tsx', 'stage/stage.css'].map(file),
  outdir: file('stage/dist'),
  entryNames: '[name]',
});
