// A page's modules in Node, bundled as the page has them.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** @param name  a module's path below web-demo */
export async function load(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../${name}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
