// Runs a command unless what it reads and what it made are as they were when it last succeeded.
//
//   node cmake/unless_unchanged.mjs STAMP INPUT... -- OUTPUT... -- COMMAND...
//
// Inputs and outputs are files or folders; !PATH leaves one out of them. The stamp holds a hash of
// names and contents, and of the command.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Files at and below `name`, sorted. */
function filesAt(name, left) {
  const known = statSync(name, { throwIfNoEntry: false });
  if (!known || left.has(path.normalize(name))) return [];
  if (!known.isDirectory()) return [name];
  return readdirSync(name)
    .sort()
    .flatMap((entry) => filesAt(path.join(name, entry), left));
}

function digest(hash, names) {
  const left = new Set(
    names.filter((name) => name.startsWith('!')).map((name) => path.normalize(name.slice(1))),
  );
  for (const name of names.filter((one) => !one.startsWith('!'))) {
    const files = filesAt(name, left);
    hash.update(`${name}: ${files.length}\n`);
    for (const file of files) {
      const bytes = readFileSync(file);
      hash.update(`${file} ${bytes.length}\n`).update(bytes);
    }
  }
}

const [stamp, ...rest] = process.argv.slice(2);
const first = rest.indexOf('--');
const second = rest.indexOf('--', first + 1);
if (first < 0 || second < 0 || second === rest.length - 1) {
  console.error('usage: unless_unchanged.mjs STAMP INPUT... -- OUTPUT... -- COMMAND...');
  process.exit(2);
}
const inputs = rest.slice(0, first);
const outputs = rest.slice(first + 1, second);
const command = rest.slice(second + 1);

function state(read) {
  const hash = createHash('sha256').update(JSON.stringify([process.version, command]));
  hash.update(read);
  digest(hash, outputs);
  return hash.digest('hex');
}
const readNow = () => {
  const hash = createHash('sha256');
  digest(hash, inputs);
  return hash.digest('hex');
};

const before = readNow();
const kept = statSync(stamp, { throwIfNoEntry: false }) && readFileSync(stamp, 'utf8');
if (kept !== state(before)) {
  // A command that fails or is interrupted has made nothing.
  rmSync(stamp, { force: true });
  const { status, error } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
  if (error) console.error(`${command[0]}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(path.dirname(stamp), { recursive: true });
  // By what was read: an input that changed meanwhile makes the next call run again.
  writeFileSync(stamp, state(before));
}
