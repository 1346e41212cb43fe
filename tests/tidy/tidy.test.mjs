// Runs the checks over the tree, and over small bad trees that each check must complain about.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { allFiles, cppFiles, scriptFiles } from './sources.mjs';
import { checks } from './tidy.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = /\.(png|jpg|webp|ico|woff2|gz|heed|bin|wasm)$|^tests\/fuzz\/corpus\//;
const texts = allFiles(root).filter((file) => !binary.test(file));
/** What is no text stands there by its name: a link may lead to it. */
const tree = Object.fromEntries(
  allFiles(root).map((file) => [
    file,
    binary.test(file) ? '' : readFileSync(path.join(root, file), 'utf8'),
  ]),
);

/** Per check: trees it must complain about, and trees it must leave alone. */
const samples = {
  'includes follow the arrows': {
    bad: [
      { 'core/base/src/a.cpp': '#include "heed/runtime/session.h"\n' },
      { 'core/runtime/src/a.cpp': '#include <simdjson.h>\n' },
      { 'core/runtime/src/a.cpp': '#include "tests/unit/a.h"\n' },
      { 'store/src/report.cpp': '#include <sqlite3.h>\n' },
    ],
    good: [
      { 'core/studio/src/a.cpp': '#include "heed/runtime/session.h"\n#include <simdjson.h>\n' },
      {
        'core/base/src/a.cpp': '// #include "heed/runtime/session.h"\n#include "heed/base/id.h"\n',
      },
    ],
  },
  'imports follow the arrows': {
    bad: [{ 'edge/src/a.ts': "import { b } from '../../wasm/dist/b.js';\n" }],
    good: [{ 'edge/src/a.ts': "import { b } from 'heed';\nimport { c } from './c.js';\n" }],
  },
  'core uses no banned word': {
    bad: [
      { 'core/base/src/a.cpp': 'int* p = new int;\n' },
      { 'core/base/src/a.cpp': '#include <iostream>\n' },
    ],
    good: [
      { 'core/base/src/a.cpp': '// a new thing\nconst char* t = "throw";\nint newest = 1\'000;\n' },
      { 'cli/src/a.cpp': 'throw 1;\n' },
    ],
  },
  'lines fit': {
    bad: [{ dev: 'x'.repeat(101) }],
    good: [
      { 'README.md': 'x'.repeat(101), dev: 'x'.repeat(100) },
      { 'cli/a.cpp': `f(R"(${'x'.repeat(101)})");` },
    ],
  },
  'C++ sources are ASCII': {
    bad: [{ 'cli/a.cpp': '// caf\u00e9\n' }, { 'cli/a.cpp': '\tint a;\n' }],
    good: [{ 'cli/a.cpp': '// cafe\n' }],
  },
  'functions are short': {
    bad: [
      { 'cli/a.cpp': `namespace a {\nint f() const noexcept {\n${'  g();\n'.repeat(60)}}\n}\n` },
      { 'cli/a.cpp': `struct A {\n A() : a_{1} {\n${'  if (x) { g(); }\n'.repeat(60)}}\n};\n` },
      { 'edge/a.ts': `const f = () => {\n${'g();\n'.repeat(60)}};\n` },
    ],
    good: [
      {
        'cli/a.cpp': `namespace {\nconst int a[] = {\n${'1,\n'.repeat(70)}};\n}\n`,
        'cli/b.cpp': `class B : public A<int(int)> {\n${'int a;\n'.repeat(70)}};\n`,
      },
      { 'edge/a.mjs': `describe('x', () => {\n${'g();\n'.repeat(70)}});\n` },
    ],
  },
  'targets list every file': {
    bad: [
      { 'tests/a_test.cpp': '', 'tests/CMakeLists.txt': 'heed_test(b SOURCES b_test.cpp)' },
      { 'store/src/a.h': '', 'store/CMakeLists.txt': 'heed_library(store SOURCES src/b.cpp)' },
    ],
    good: [
      { 'core/a.cpp': '#include "b.h"', 'core/b.h': '', 'core/CMakeLists.txt': 'SOURCES a.cpp' },
    ],
  },
  'nothing is dead': {
    bad: [{ 'edge/src/forgotten.ts': '', 'edge/src/index.ts': '', 'edge/package.json': 'index' }],
    good: [{ 'edge/src/used.ts': '', 'edge/package.json': '"main": "src/used.js"' }],
  },
  'nothing tells whose machine it was': {
    bad: [
      { 'README.md': `see /ho${''}me/ann/heed` },
      { '.npmrc': 'registry=https://registry.npmjs.org/' },
    ],
    good: [{ 'README.md': 'see https://example.com/home/page and ./work/a' }],
  },
  'the lock file names no host': {
    bad: [{ 'package-lock.json': '"resolved": "https://example.com/a.tgz"' }],
    good: [{ 'package-lock.json': '"resolved": "wasm", "link": true' }],
  },
  'top folders introduce themselves': {
    bad: [{ 'core/a.h': '' }, { 'core/README.md': 'a\n'.repeat(11) }],
    good: [{ 'core/README.md': 'a\n'.repeat(10), '.ci/run': '' }],
  },
  'links lead somewhere': {
    bad: [{ 'docs/a.md': '[b](b.md)' }],
    good: [{ 'docs/a.md': '[b](../core/#x) [c](https://c.example) [d](#d)', 'core/a.h': '' }],
  },
};

for (const [name, check] of Object.entries(checks)) {
  describe(name, () => {
    test('in this tree', () => {
      const complaints = [...check(tree)];
      assert.ok(complaints.length === 0, complaints.join('\n'));
    });
    test('and the check can fail', () => {
      for (const bad of samples[name].bad)
        assert.notEqual([...check(bad)].length, 0, JSON.stringify(bad));
      for (const good of samples[name].good) assert.deepEqual([...check(good)], []);
    });
  });
}

/** A tool over files of ours: it must be content with them; `brief` shortens what it says. */
function content(command, args, brief = (text) => text) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
  });
  assert.ok(status === 0, `${error ?? ''}${brief(stdout + stderr)}`);
}

test('C++ is formatted', () => {
  const places = (text) => [...new Set(text.match(/^\S+?(?=:\d+:\d+: error)/gm))].join('\n');
  const complain = (text) => `${places(text)}\nrun ./dev fmt`;
  content('clang-format', ['--dry-run', '-Werror', ...cppFiles(root)], complain);
});

test('scripts are formatted', () => {
  const prettier = path.join(root, 'node_modules', '.bin', 'prettier');
  const complain = (text) => `${text}\nrun ./dev fmt`;
  content(prettier, ['--log-level=warn', '--check', ...scriptFiles(root)], complain);
});

test('TypeScript has no type errors', () => {
  const compiler = path.join(root, 'node_modules', '.bin', 'tsc');
  for (const project of texts.filter((file) => /(^|\/)tsconfig\.json$/.test(file))) {
    content(compiler, ['--noEmit', '-p', project]);
  }
});

test('shell scripts pass shellcheck', () => {
  content(
    'shellcheck',
    texts.filter((file) => /^#!.*\b(ba)?sh\b/.test(tree[file])),
  );
});
