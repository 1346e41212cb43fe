// Which folder may use which, as ARCHITECTURE.md draws it, and the one door of each third-party
// library. A new arrow needs a decision record.

const core = ['base', 'runtime', 'trust', 'measure', 'studio'];

/** Top folder (or core library) -> the heed libraries it may include, besides its own. */
export const mayInclude = {
  'core/base': [],
  'core/runtime': ['base'],
  'core/trust': ['base'],
  'core/measure': ['base'],
  'core/studio': ['base', 'runtime', 'measure'],
  store: [...core],
  cli: [...core, 'store'],
  wasm: [...core],
  bench: [...core, 'store'],
  tests: [...core, 'store', 'cli'],
};

/** Third-party header -> the folders that may name it. Tests and bench may name any. */
export const doors = [
  { header: /^tl\/expected\.hpp$/, folders: ['core'] },
  { header: /^cereal\//, folders: ['core/base', 'core/runtime'] },
  { header: /^simdjson/, folders: ['core/studio', 'core/trust/files', 'store', 'cli'] },
  { header: /^sodium/, folders: ['core/studio', 'core/trust/sodium', 'store'] },
  { header: /^sqlite3/, folders: ['store/src/db'] },
  { header: /^boost\//, folders: ['store/src/http'] },
  { header: /^curl\//, folders: ['store/src/http', 'cli'] },
  { header: /^CLI\//, folders: ['cli'] },
  { header: /^fmt\//, folders: ['cli', 'store'] },
  { header: /^spdlog\//, folders: ['cli', 'store'] },
  { header: /^emscripten/, folders: ['wasm'] },
  { header: /^(gtest|gmock|rapidcheck|benchmark|xxhash)\b/, folders: [] },
];

/** Script folder -> top folders a relative import may reach. All else goes by package name. */
export const mayImport = {
  wasm: ['wasm'],
  edge: ['edge'],
  'web-demo': ['web-demo'],
  rulesets: ['rulesets'],
  tests: ['tests', 'wasm', 'edge', 'web-demo', 'rulesets', 'bench'],
  bench: ['bench', 'wasm', 'edge', 'web-demo', 'rulesets'],
};
