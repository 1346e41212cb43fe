// Where a diagnostic is in the text, and what it would replace.
import type { Text } from '@codemirror/state';
import type { Diagnostic } from 'heed/studio';

export type Problem = {
  readonly diagnostic: Diagnostic;
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** The text between `from` and `to` may be replaced by the suggestion. */
  readonly isReplaceable: boolean;
};

const utf8SizeOf = (code: number): number =>
  code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

/** @param column from 1, in bytes of UTF-8; @returns an offset in UTF-16 */
function offsetInLine(line: string, column: number): number {
  let offset = 0;
  let bytes = 1;
  for (const letter of line) {
    if (bytes >= column) break;
    bytes += utf8SizeOf(letter.codePointAt(0)!);
    offset += letter.length;
  }
  return offset;
}

/** The end of the JSON text or word that begins at `at`. */
function endOfToken(line: string, at: number): number {
  const match = /"(?:[^"\\]|\\.)*"?|[^\s,\]}]+/y;
  match.lastIndex = at;
  return match.exec(line)?.[0].length ?? 0;
}

export function locate(doc: Text, diagnostic: Diagnostic): Problem {
  const { file, message, suggestion } = diagnostic;
  const line = doc.line(Math.min(Math.max(diagnostic.line, 1), doc.lines));
  const at = offsetInLine(line.text, diagnostic.column);
  const length = endOfToken(line.text, at);
  const token = line.text.slice(at, at + length);
  // The first name that a message quotes is the one it is about.
  const name = /`([^`]+)`/.exec(message)?.[1];
  const inside = name ? wordIn(token, name) : -1;
  const from = line.from + at + Math.max(inside, 0);
  const to = inside < 0 ? line.from + at + length : from + name!.length;
  return { diagnostic, file, from, to, isReplaceable: inside >= 0 && suggestion !== '' };
}

function wordIn(text: string, word: string): number {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isWhole = !/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + word.length] ?? '');
    if (isWhole) return at;
  }
  return -1;
}
