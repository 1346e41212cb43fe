// What a benchmark measured: a table for people, or with --json a line a figure,
// {"bench","value","unit","goal","holds"}. A goal is the most that a figure may be, or, as "at
// least", the least.
import { parseArgs } from 'node:util';

/** A figure to three digits, larger ones whole. */
export const rounded = (value) =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export class Figures {
  #rows = [];

  /** @param goal  {atMost} or {atLeast}; without one the figure is only told */
  add(bench, value, unit, goal = {}) {
    const { atMost, atLeast } = goal;
    const limit = atMost ?? atLeast ?? null;
    const holds = limit === null ? null : atMost !== undefined ? value <= limit : value >= limit;
    this.#rows.push({ bench, value: rounded(value), unit, goal: limit, holds, atLeast });
    return value;
  }

  /** @param shown  which figures, all of them unless told otherwise */
  print(json, shown = () => true) {
    const rows = this.#rows.filter(shown);
    if (json) {
      for (const { bench, value, unit, goal, holds } of rows)
        console.log(JSON.stringify({ bench, value, unit, goal, holds }));
      return;
    }
    const width = Math.max(0, ...rows.map(({ bench }) => bench.length));
    for (const { bench, value, unit, goal, holds, atLeast } of rows) {
      const verdict = holds === null ? '' : holds ? 'holds' : 'MISSED';
      const aim = goal === null ? '' : `${atLeast === undefined ? '<=' : '>='} ${goal}`;
      const figure = `${value.toLocaleString('en-US', { maximumFractionDigits: 3 })} ${unit}`;
      console.log(`${bench.padEnd(width)}  ${figure.padStart(14)}  ${aim.padEnd(10)} ${verdict}`);
    }
  }
}

/** --json and what else a benchmark takes; says how it is called where a flag is unknown. */
export function options(flags = {}) {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false }, ...flags } }).values;
  } catch (error) {
    const known = Object.entries(flags).map(([name, { type, default: otherwise }]) =>
      type === 'boolean' ? `[--${name}]` : `[--${name} ${otherwise}]`,
    );
    console.error(`${error.message}\nusage: ./dev bench NAME [--json] ${known.join(' ')}`);
    return process.exit(2);
  }
}
