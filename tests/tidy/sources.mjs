// Which files are ours. Walks the tree instead of asking git: an unpacked archive is checked too.
//
//   node tests/tidy/sources.mjs cpp|script     prints the sources of one kind, one a line
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const generated = new Set(['.git', '.cache', '.demo', 'build', 'dist', 'node_modules', 'output']);

/** @returns every file of ours below `root`, as sorted relative paths with forward slashes */
export function allFiles(root) {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      if (generated.has(entry.name)) continue; // .git is a file in a linked worktree
      const name = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) walk(name);
      if (entry.isFile()) found.push(name);
    }
  };
  walk('');
  return found.sort();
}

export const cppFiles = (root) => allFiles(root).filter((file) => /\.(h|cpp)$/.test(file));
export const scriptFiles = (root) => allFiles(root).filter((file) => /\.(mjs|tsx?)$/.test(file));
export const javascriptTests = (root) => allFiles(root).filter((file) => /\.test\.mjs$/.test(file));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = { cpp: cppFiles, script: scriptFiles }[process.argv[2]];
  if (!files) throw new Error('usage: node tests/tidy/sources.mjs cpp|script');
  console.log(files(root).join('\n'));
}
