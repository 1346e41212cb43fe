// The sessions of UCI dataset 468 (Sakar et al. 2019), and the split that fit and test share.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const name = 'online_shoppers_intention.csv.gz';
const beside = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** Where the data lies: `HEED_DATA`, else ../shared/data; null where it is not. */
export function dataFile() {
  const file = path.join(process.env.HEED_DATA ?? beside, name);
  return existsSync(file) ? file : null;
}

/** One in five is held out of the fit: by its line's number and a seed, not by its place. */
const isHeldOut = (line) => Math.imul(line ^ 0x2027, 0x9e3779b1) >>> 0 < 2 ** 32 / 5;

/** @returns {fitted, heldOut}: sessions as objects of numbers, texts and booleans */
export function readSessions(file) {
  const [head, ...lines] = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const names = head.trim().split(',');
  const value = (text) => {
    if (text === 'TRUE' || text === 'FALSE') return text === 'TRUE';
    return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  };
  const sessions = lines.map((line) => {
    const cells = line.trim().split(',').map(value);
    return Object.fromEntries(names.map((it, i) => [it, cells[i]]));
  });
  const part = (wanted) => sessions.filter((_, i) => isHeldOut(i + 1) === wanted);
  return { fitted: part(false), heldOut: part(true) };
}
