// Product drawings: one SVG file a shape, coloured from two named tones when it is served.

import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('./art/', import.meta.url);

/** Base, shade and light of each tone a product may have. */
const tones = {
  pine: ['#2f5d4b', '#1f3d34', '#6d9a83'],
  moss: ['#7d8f4e', '#5d6d36', '#b3bf85'],
  mustard: ['#e0a526', '#b77f12', '#f4cf74'],
  rust: ['#c8553d', '#9c3b27', '#e79a83'],
  rose: ['#d98a8c', '#b5646b', '#f2c6c2'],
  berry: ['#8e2f3c', '#6a1f2b', '#c9707a'],
  plum: ['#6b4a66', '#4d3349', '#a98aa4'],
  sky: ['#7fa9bd', '#57849a', '#c3dce6'],
  navy: ['#2f4159', '#1e2c40', '#6d829c'],
  slate: ['#6c7880', '#4d575e', '#a7b1b7'],
  oat: ['#e3d2b2', '#c4ad84', '#f6ecd8'],
  chestnut: ['#8a5a3c', '#663f27', '#bd8c68'],
  snow: ['#f7f1e4', '#d9cfbb', '#fffdf8'],
};

const shapes = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.svg'))
    .map((file) => [file.slice(0, -'.svg'.length), readFileSync(new URL(file, folder), 'utf8')]),
);

export const shapeNames = [...shapes.keys()];
export const toneNames = Object.keys(tones);

/**
 * Colours one shape.
 *
 * @param {string} shape  a file name in `art/` without its ending
 * @param {[string, string]} tonePair  main tone and accent tone
 * @returns {string | undefined} the SVG, or undefined where the shape or a tone is unknown
 */
export function draw(shape, [main, accent]) {
  const svg = shapes.get(shape);
  const mainTone = tones[main];
  const accentTone = tones[accent];
  if (svg === undefined || mainTone === undefined || accentTone === undefined) return undefined;
  const colours = {
    a: mainTone[0],
    b: mainTone[1],
    c: mainTone[2],
    d: accentTone[0],
    e: accentTone[1],
  };
  return svg.replace(/\{([a-e])\}/g, (_, key) => colours[key]);
}
