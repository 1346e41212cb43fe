// What an edit of a ruleset costs who has the one before it: the patch from one to the other, with
// and without `heed build --base`.
//
//   ./dev bench delta [--json] [--rules 10000]
//
// Every patch is applied, and must make the file that it was made from, before it is counted.
// Rulesets are not signed: a signature is 84 bytes more of any patch.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Figures, options } from './figures.mjs';
import { source } from './neutral.mjs';
import { generate } from './workload.mjs';

const given = options({ rules: { type: 'string', default: '10000' } });
const count = Number(given.rules);
const root = fileURLToPath(new URL('..', import.meta.url));
const editCounts = [1, 5, 50];

/** What an author does to a rule; `other` is a rule that the ruleset does not have. */
const edits = {
  test(rules, at, other) {
    // Of an attribute that the rule does not ask for yet: no rule can end up contradicting itself.
    const { all } = rules[at];
    const test = other.all.find((it) => all.every(({ attribute }) => attribute !== it.attribute));
    all[0] = test ?? all[1];
  },
  text(rules, at) {
    rules[at].arms = [...rules[at].arms.slice(0, -1), `a text of rule ${at}`];
  },
  fewer(rules, at) {
    rules[at].all.pop();
  },
  added(rules, at, other) {
    rules.splice(at, 0, { ...other, id: `before_${rules[at].id}` });
  },
  removed(rules, at) {
    rules.splice(at, 1);
  },
};
const kinds = {
  'conditions with another test': [edits.test],
  'edits of every kind': [edits.text, edits.test, edits.added, edits.fewer, edits.removed],
};

/** So many rules edited, spread over all of them. */
function edited(rules, others, kind, editCount) {
  const copy = structuredClone(rules);
  for (let i = editCount - 1; i >= 0; i -= 1) {
    const at = Math.floor(((i + 0.5) * rules.length) / editCount);
    kind[i % kind.length](copy, at, others[i]);
  }
  return copy;
}

/** The command, built as it is released unless one is given. */
function commandOf() {
  if (process.env.HEED_COMMAND) return process.env.HEED_COMMAND;
  const quietly = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('cmake', ['--preset', 'release'], quietly);
  execFileSync('ninja', ['--quiet', '-C', 'build/release', 'heed'], quietly);
  return path.join(root, 'build/release/heed');
}

function measure(figures, folder) {
  const command = commandOf();
  const at = (name) => path.join(folder, name);
  const heed = (...args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const build = (rules, name, ...more) => {
    writeFileSync(at('source.heed.json'), JSON.stringify(source(rules)));
    heed('build', at('source.heed.json'), '-o', at(name), ...more);
  };
  const patch = (name) => {
    heed('patch', at('before.heed'), at(name), '-o', at('patch'));
    heed('patch', at('before.heed'), '--apply', at('patch'), '-o', at('made.heed'));
    if (!readFileSync(at('made.heed')).equals(readFileSync(at(name)))) {
      throw new Error(`the patch for ${name} makes another file`);
    }
    return readFileSync(at('patch')).length;
  };
  const all = generate(count + Math.max(...editCounts)).rules;
  const rules = all.slice(0, count);
  const others = all.slice(count);
  build(rules, 'before.heed');
  figures.add(`${count} rules: the whole`, readFileSync(at('before.heed')).length, 'B');
  for (const [what, kind] of Object.entries(kinds)) {
    for (const editCount of editCounts) {
      const after = edited(rules, others, kind, editCount);
      build(after, 'based.heed', '--base', at('before.heed'));
      build(after, 'plain.heed');
      const goal = editCount === 5 ? { atMost: 200 } : {};
      figures.add(`${editCount} ${what}, with --base`, patch('based.heed'), 'B', goal);
      figures.add(`${editCount} ${what}, without`, patch('plain.heed'), 'B');
    }
  }
}

const figures = new Figures();
const folder = mkdtempSync(path.join(tmpdir(), 'heed-bench-'));
try {
  measure(figures, folder);
  figures.print(given.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
