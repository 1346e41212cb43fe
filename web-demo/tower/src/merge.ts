// Two people's edits of one text, line by line: what only one of them changed is taken, and where
// both changed the same lines, mine stand and theirs are told.
import { diff } from '@codemirror/merge';

export type Merged = {
  readonly text: string;
  /** Places where both changed the same lines in different ways. */
  readonly clashes: number;
};

type Change = {
  /** Lines of the base, the last not included. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
};

/** One private-use character for each different line, so that a text diff compares whole lines. */
class Alphabet {
  readonly #letters = new Map<string, string>();
  encode(lines: readonly string[]): string {
    return lines.map((line) => this.#letter(line)).join('');
  }
  #letter(line: string): string {
    const known = this.#letters.get(line);
    if (known !== undefined) return known;
    // Surrogates cannot stand alone; all else in the basic plane can be a letter.
    const next = this.#letters.size + 1;
    const letter = String.fromCharCode(next < 0xd800 ? next : next + 0x800);
    this.#letters.set(line, letter);
    return letter;
  }
  get isFull(): boolean {
    return this.#letters.size > 0xf7fe;
  }
}

function changesOf(base: string, other: string, lines: readonly string[]): Change[] {
  return diff(base, other).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: toA,
    lines: lines.slice(fromB, toB),
  }));
}

const touches = (a: Change, b: Change): boolean => a.from <= b.to && b.from <= a.to;
const same = (a: Change, b: Change): boolean =>
  a.from === b.from && a.to === b.to && a.lines.join('\n') === b.lines.join('\n');

/** @param base what both began with */
export function merge(base: string, mine: string, theirs: string): Merged {
  if (mine === base || mine === theirs) return { text: theirs, clashes: 0 };
  if (theirs === base) return { text: mine, clashes: 0 };
  const [b, m, t] = [base, mine, theirs].map((text) => text.split('\n')) as [
    string[],
    string[],
    string[],
  ];
  const alphabet = new Alphabet();
  const [letters, my, their] = [b, m, t].map((lines) => alphabet.encode(lines)) as [
    string,
    string,
    string,
  ];
  // A text of more different lines than there are letters is left to people.
  if (alphabet.isFull) return { text: mine, clashes: 1 };
  const own = changesOf(letters, my, m);
  const others = changesOf(letters, their, t).filter((one) => !own.some((it) => same(it, one)));
  const apart = others.filter((one) => !own.some((it) => touches(it, one)));
  const all = [...own, ...apart].sort((x, y) => x.from - y.from || x.to - y.to);
  const lines: string[] = [];
  let at = 0;
  for (const { from, to, lines: changed } of all) {
    lines.push(...b.slice(at, from), ...changed);
    at = to;
  }
  lines.push(...b.slice(at));
  return { text: lines.join('\n'), clashes: others.length - apart.length };
}
