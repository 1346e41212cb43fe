// Bundles what pages load: the shop's script, the console and its worker. The package's wasm comes
// from the edge, the studio's from the console's own server.
import { build } from 'esbuild';
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

await build({
  ...common,
  entryPoints: [file('shop/client.ts')],
  outfile: file('shop/dist/shop.js'),
});
await build({
  ...common,
  entryPoints: [file('tower/src/main.tsx'), file('tower/src/worker.ts')],
  outdir: file('tower/dist'),
  jsx: 'automatic',
  jsxImportSource: 'preact',
});
await build({
  ...common,
  entryPoints: ['stage/src/main.tsx', 'stage/stage.css'].map(file),
  outdir: file('stage/dist'),
  entryNames: '[name]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  external: ['/fonts/*'],
});
