// What the shop serves beside pages: styles, script, fonts, drawings.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { draw } from './art.mjs';

const own = (name) => fileURLToPath(new URL(name, import.meta.url));
const packaged = (name) => fileURLToPath(import.meta.resolve(name));
const fonts = '@fontsource-variable';
const fixed = {
  '/shop.css': [own('shop.css'), 'text/css; charset=utf-8'],
  '/shop.js': [own('dist/shop.js'), 'text/javascript; charset=utf-8'],
  '/icon.svg': [own('icon.svg'), 'image/svg+xml'],
  '/fonts/fraunces.woff2': [
    packaged(`${fonts}/fraunces/files/fraunces-latin-wght-normal.woff2`),
    'font/woff2',
  ],
  '/fonts/figtree.woff2': [
    packaged(`${fonts}/figtree/files/figtree-latin-wght-normal.woff2`),
    'font/woff2',
  ],
};
const drawing = /^\/art\/([a-z]+)\/([a-z]+)\/([a-z]+)\.svg$/;
const scene = /^\/art\/scenes\/([a-z]+)\.svg$/;
const read = new Map();

/** @returns {body, type}, or undefined where there is no such file */
export async function fileAt(pathname) {
  const [, shape, main, accent] = drawing.exec(pathname) ?? [];
  if (shape && shape !== 'scenes') {
    const body = draw(shape, [main, accent]);
    return body === undefined ? undefined : { body, type: 'image/svg+xml' };
  }
  const name = scene.exec(pathname)?.[1];
  const [file, type] = name
    ? [own(`scenes/${name}.svg`), 'image/svg+xml']
    : (Object.hasOwn(fixed, pathname) && fixed[pathname]) || [];
  if (!file) return undefined;
  if (!read.has(file)) read.set(file, await readFile(file).catch(() => undefined));
  const body = read.get(file);
  return body === undefined ? undefined : { body, type };
}
