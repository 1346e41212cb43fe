// What pages have recorded of their decisions (docs/formats/replay_log.md), decided again by the
// native command: a difference would be a fault of heed's.
import { execFile } from 'node:child_process';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const logAt = 16;
const segmentBytesMax = 4 * 1024 * 1024;

/** The ruleset that a chunk names: 16 hex digits. */
export function rulesetOf(chunk) {
  let at = logAt;
  while (chunk[at] >= 128) at += 1;
  return chunk
    .readBigUInt64LE(at + 1)
    .toString(16)
    .padStart(16, '0');
}

const newLog = (hash) => ({ hash, size: 0, isNew: true, file: '', decisions: 0, differences: 0 });

export class ReplayBooks {
  #folder;
  #command;
  #fetchRuleset;
  /** By ruleset: the log that grows. */
  #open = new Map();
  #done = { decisions: 0, differences: 0 };
  #writing = Promise.resolve();
  #running = null;
  chunks = 0;

  /**
   * @param folder        where logs and rulesets may be written
   * @param command       the `heed` command
   * @param fetchRuleset  (hash) => bytes, undefined where nobody has it
   */
  constructor({ folder, command, fetchRuleset }) {
    this.#folder = folder;
    this.#command = command;
    this.#fetchRuleset = fetchRuleset;
  }

  /** One thing at a time: a log that grows is not read. */
  #next(body) {
    const done = this.#writing.then(body);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** Takes one chunk; resolves when it is in the log. */
  add(chunk) {
    this.chunks += 1;
    return this.#next(async () => {
      const hash = rulesetOf(chunk);
      const log = this.#open.get(hash) ?? newLog(hash);
      this.#open.set(hash, log);
      await mkdir(this.#folder, { recursive: true });
      await appendFile(path.join(this.#folder, `${hash}.heedlog`), chunk);
      log.size += chunk.length;
      log.isNew = true;
    });
  }

  /** {decisions, differences, chunks} of everything that has been decided again. */
  get state() {
    const all = [this.#done, ...this.#open.values()];
    const sum = (what) => all.reduce((total, one) => total + one[what], 0);
    return { decisions: sum('decisions'), differences: sum('differences'), chunks: this.chunks };
  }

  /** Decides what is new again. @returns the state after it */
  run() {
    this.#running ??= this.#runAll().finally(() => (this.#running = null));
    return this.#running;
  }

  async #runAll() {
    for (const log of [...this.#open.values()])
      if (log.isNew) await this.#next(() => this.#replay(log));
    return this.state;
  }

  async #replay(log) {
    if (!log.file) {
      const bytes = await this.#fetchRuleset(log.hash);
      if (!bytes) return;
      log.file = path.join(this.#folder, `${log.hash}.heed`);
      await writeFile(log.file, bytes);
    }
    log.isNew = false;
    const name = path.join(this.#folder, `${log.hash}.heedlog`);
    const told = await this.#heed('replay-log', name, log.file, '--json');
    Object.assign(log, { decisions: told.decisions, differences: told.differences.length });
    if (log.size < segmentBytesMax || log.isNew) return;
    this.#done.decisions += log.decisions;
    this.#done.differences += log.differences;
    this.#open.delete(log.hash);
    await rm(name);
  }

  /** A difference ends the command with 1, and is printed all the same. */
  #heed(...args) {
    return new Promise((resolve, reject) => {
      execFile(this.#command, args, { maxBuffer: 1 << 26 }, (error, out, said) => {
        try {
          resolve(JSON.parse(out));
        } catch {
          reject(new Error(`heed replay-log: ${said || error?.message}`));
        }
      });
    });
  }
}
