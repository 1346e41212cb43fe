// Where the members of a JSON text stand. It reads what is well formed and stops where it is not:
// people look at the outline of a source while they type in it. It runs over megabytes per
// keystroke, so it steps over values without building them.

export type Member = {
  readonly key: string;
  /** Offset of the key's opening quote. */
  readonly keyFrom: number;
  readonly from: number;
  /** Just past the value. */
  readonly to: number;
};

const quote = 34;
const backslash = 92;
const comma = 44;
const colon = 58;
const isOpening = (code: number): boolean => code === 123 || code === 91;
const isClosing = (code: number): boolean => code === 125 || code === 93;
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

function skipSpace(text: string, at: number): number {
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** @returns just past the closing quote; -1 where there is none */
function skipString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return -1;
}

function skipNested(text: string, at: number): number {
  for (let depth = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = skipString(text, at) - 1;
      if (at < 0) return -1;
    } else if (isOpening(code)) depth++;
    else if (isClosing(code) && --depth === 0) return at + 1;
  }
  return -1;
}

/** @returns just past the value at `at`; -1 where it does not end */
function skipValue(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === quote) return skipString(text, at);
  if (isOpening(code)) return skipNested(text, at);
  const from = at;
  while (at < text.length && /[\w.+-]/.test(text[at]!)) at++;
  return at === from ? -1 : at;
}

/** @returns the members of the object that begins at or after `at`, up to the first fault */
export function members(text: string, at: number): readonly Member[] {
  const found: Member[] = [];
  at = skipSpace(text, at);
  if (text[at] !== '{') return found;
  for (at = skipSpace(text, at + 1); text.charCodeAt(at) === quote;) {
    const keyFrom = at;
    const keyTo = skipString(text, at);
    if (keyTo < 0) return found;
    at = skipSpace(text, keyTo);
    if (text.charCodeAt(at) !== colon) return found;
    const from = skipSpace(text, at + 1);
    const to = skipValue(text, from);
    if (to < 0) return found;
    found.push({ key: unquote(text.slice(keyFrom, keyTo)), keyFrom, from, to });
    at = skipSpace(text, to);
    if (text.charCodeAt(at) !== comma) return found;
    at = skipSpace(text, at + 1);
  }
  return found;
}

function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}

/** @returns what the member's value says; undefined where it is malformed inside */
export function valueOf(text: string, { from, to }: Member): unknown {
  try {
    return JSON.parse(text.slice(from, to)) as unknown;
  } catch {
    return undefined;
  }
}

/** Where an asset says what it shows, inside the quotes. */
export function assetText(text: string, asset: string): { from: number; to: number } | undefined {
  const assets = members(text, 0).find(({ key }) => key === 'assets');
  const one = assets && members(text, assets.from).find(({ key }) => key === asset);
  if (!one) return undefined;
  const shown = ['text', 'href', 'src'];
  const value = members(text, one.from).find(({ key }) => shown.includes(key)) ?? one;
  return { from: value.from + 1, to: value.to - 1 };
}
