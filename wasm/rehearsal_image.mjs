// The ruleset that rehearsal.ts decides by, compiled by the studio of the same build: its form is
// that of the runtime beside it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Reads a value of each type. */
const source = {
  site: 'r',
  version: 1,
  expires: '9999-01-01T00:00:00Z',
  attributes: {
    b: { type: 'bool' },
    n: { type: 'number' },
    s: { type: 'string' },
    m: { type: 'set' },
  },
  slots: { a: {} },
  triggers: {
    x: {
      slot: 'a',
      when: "b && n >= 1 && s == 'x' && 'z' in m",
      parts: { p: ['q', 'r'] },
      policy: { split: { p: { q: 0.5, r: 0.5 } } },
    },
  },
};

/**
 * An esbuild plugin that puts the image where rehearsal.ts imports it.
 *
 * @param dist  a folder that holds the studio
 */
export async function rehearsalImage(dist) {
  const { createStudio } = await import(pathToFileURL(path.join(dist, 'studio.js')));
  const wasm = new WebAssembly.Module(readFileSync(path.join(dist, 'heed-studio.wasm')));
  const text = JSON.stringify(source);
  const studio = await createStudio(wasm);
  const { compiled, diagnostics } = studio.compile([{ name: 'rehearsal.heed.json', text }]);
  if (!compiled) throw new Error(diagnostics[0].message);
  const letters = JSON.stringify(Buffer.from(compiled.image).toString('latin1'));
  return {
    name: 'rehearsal-image',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/rehearsal_image\.ts$/ }, () => ({ path: 'image', namespace: 'heed' }));
      onLoad({ filter: /^image$/, namespace: 'heed' }, () => ({
        contents: `export const image = ${letters}`,
      }));
    },
  };
}
