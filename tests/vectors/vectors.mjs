// Reads the vectors for whoever runs them: natively, in wasm, at the edge.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));

/**
 * Vectors by ruleset, in order: `line` goes in; `answer` is the very line that must come out, or,
 * where the line is wrong, `code` is the error's.
 *
 * @returns {{ title: string, source: string, vectors: Vector[] }[]}
 * @typedef {{ name: string, line: string, answer?: string, code?: string }} Vector
 */
export function vectorGroups() {
  const names = readdirSync(folder).filter((name) => /^\d\d_.*\.json$/.test(name));
  return names.sort().flatMap((name) => {
    const {
      spec_version: version,
      rulesets,
      vectors,
    } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    if (version !== 1) throw new Error(`${name}: spec_version ${version} is not 1`);
    const unknown = vectors.find((vector) => !(vector.ruleset in rulesets));
    if (unknown) throw new Error(`${name}: '${unknown.name}' names no ruleset of the file`);
    return Object.keys(rulesets).map((ruleset) => ({
      title: `${name.replace('.json', '')}/${ruleset}`,
      source: JSON.stringify(rulesets[ruleset]),
      vectors: vectors.filter((vector) => vector.ruleset === ruleset).map(readVector),
    }));
  });
}

function readVector({ name, in: input, expect }) {
  const line = typeof input === 'string' ? input : JSON.stringify(input);
  return expect.error
    ? { name, line, code: expect.error.code }
    : { name, line, answer: JSON.stringify(expect) };
}

/** Throws unless `out`, a line without its break, is what the vector expects. */
export function check(vector, out) {
  const wrong = () =>
    new Error(
      [vector.name, `in       ${vector.line}`, `got      ${out}`].join('\n  ') +
        `\n  expected ${vector.answer ?? vector.code}`,
    );
  if (vector.answer !== undefined) {
    if (out !== vector.answer) throw wrong();
    return;
  }
  const { line, error } = JSON.parse(out);
  const said = Number.isInteger(line) && typeof error.message === 'string' && error.message !== '';
  if (!said || error.code !== vector.code) throw wrong();
}
