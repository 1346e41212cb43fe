// Recorded visitors: lines as `heed decide` reads them.

export type Signal = {
  readonly name: string;
  readonly at: string;
  readonly fields?: Readonly<Record<string, unknown>>;
};
export type Visitor = {
  readonly visitor: string;
  /** RFC 3339. */
  readonly now: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly signals: readonly Signal[];
};

export type Recorded = {
  readonly lines: readonly string[];
  /** Where they come from, for people. */
  readonly from: string;
};

/** @returns the lines of a log, blank ones left out */
export const readLog = (text: string, from: string): Recorded => ({
  lines: text.split('\n').filter((line) => line.trim() !== ''),
  from,
});

/** @returns undefined where the line is not a visitor */
export function visitorOf(line: string | undefined): Visitor | undefined {
  if (line === undefined) return undefined;
  try {
    const value = JSON.parse(line) as Partial<Visitor>;
    if (typeof value.visitor !== 'string') return undefined;
    const { visitor, now = new Date().toISOString(), attributes = {}, signals = [] } = value;
    return { visitor, now, attributes, signals };
  } catch {
    return undefined;
  }
}

/** The line that the studio reads. */
export const lineOf = (visitor: Visitor): string => JSON.stringify(visitor);

/** A visitor in a few words: what they did last, on what. */
export function summary({ attributes, signals }: Visitor): string {
  const facts = ['device', 'country', 'page_type', 'category']
    .map((name) => attributes[name])
    .filter((value) => typeof value === 'string');
  const last = signals.at(-1)?.name;
  const count = signals.length === 1 ? '1 signal' : `${signals.length} signals`;
  return [...facts, signals.length ? `${count}, last ${last}` : 'no signals'].join(' \u00b7 ');
}

/** Text that somebody typed, as a value of a type; undefined where it is empty or does not fit. */
export function valueFrom(type: string, text: string): unknown {
  const plain = text.trim();
  if (plain === '') return undefined;
  switch (type) {
    case 'bool':
      return plain === 'true' ? true : plain === 'false' ? false : undefined;
    case 'number': {
      const number = Number(plain);
      return Number.isFinite(number) ? number : undefined;
    }
    case 'set':
      return plain
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '');
    default:
      return plain;
  }
}

export const textFrom = (value: unknown): string =>
  value === undefined || value === null
    ? ''
    : Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value as string | number | boolean);
