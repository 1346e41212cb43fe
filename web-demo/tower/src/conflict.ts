// Two people's work on the same files.
import { merge } from './merge.ts';
import type { SourceFile } from './names.ts';
import type { Conflict, Side } from './state.ts';

const textsOf = (files: readonly SourceFile[]): Map<string, string> =>
  new Map(files.map(({ name, text }) => [name, text]));

export function sameFiles(a: readonly SourceFile[], b: readonly SourceFile[]): boolean {
  const other = textsOf(b);
  return a.length === b.length && a.every(({ name, text }) => other.get(name) === text);
}

/** Each file of either side with what both changed in it. */
export function bothIn(
  base: readonly SourceFile[],
  mine: readonly SourceFile[],
  theirs: readonly SourceFile[],
): Conflict['merged'] {
  const [was, own, other] = [textsOf(base), textsOf(mine), textsOf(theirs)];
  const names = [...new Set([...own.keys(), ...other.keys()])].sort();
  return names.map((name) => {
    const [from, ours, their] = [was, own, other].map((files) => files.get(name) ?? '') as [
      string,
      string,
      string,
    ];
    const by: Side[] = [];
    if (ours !== from) by.push('you');
    if (their !== from) by.push('them');
    return { name, by, ...merge(from, ours, their) };
  });
}
