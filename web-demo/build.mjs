// Bundles the shop's script. The page loads one file; the package's wasm comes from the edge.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

await build({
  entryPoints: [file('shop/client.ts')],
  outfile: file('shop/dist/shop.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['browser'],
  splitting: false,
  logLevel: 'warning',
});
