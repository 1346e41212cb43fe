// What may happen to a ruleset between the store and the edge. Each makes other bytes of the real
// ones; none asks the edge or the store for a favour.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const expiryMs = 6000;
const sizeAt = 16;
const versionAt = 24;

const imageOf = (signed) => signed.subarray(0, Number(signed.readBigUInt64LE(sizeAt)));
const versionOf = (signed) => Number(signed.readBigUInt64LE(versionAt));

export class Attacks {
  #folder;
  #command;
  #keys;
  #read;

  /**
   * @param folder   where files may be made
   * @param command  the `heed` command
   * @param keys     {release}: the key file of the people who publish
   * @param read     reads the store's ruleset: (version?) => Buffer, undefined where it has none
   */
  constructor({ folder, command, keys, read }) {
    this.#folder = folder;
    this.#command = command;
    this.#keys = keys;
    this.#read = read;
  }

  /** @returns {tamper, says, expires?, restarts?}: what is done to the bytes, in one sentence */
  make(kind) {
    const makers = {
      flip: this.#flip,
      old: this.#old,
      expire: this.#expire,
      stranger: this.#stranger,
    };
    if (!Object.hasOwn(makers, kind)) throw new Error(`there is no attack '${kind}'`);
    return makers[kind].call(this);
  }

  async #flip() {
    const size = (await this.#read()).length;
    const at = size >> 1;
    const tamper = (bytes) => {
      const spoilt = Buffer.from(bytes);
      spoilt[at] ^= 0x40;
      return spoilt;
    };
    return { tamper, says: `Bit 6 of byte ${at} of ${size} is flipped on its way to the edge.` };
  }

  /** A CDN starts isolates all the time; a new one knows from its memory what was seen before. */
  async #old() {
    const newest = versionOf(await this.#read());
    const old = await this.#read(newest - 1);
    if (!old) throw new Error('only one version was ever published: publish another first');
    return {
      tamper: () => old,
      restarts: true,
      says: `A new edge is started, and is given version ${newest - 1} in place of ${newest}: signed, whole, not expired.`,
    };
  }

  async #expire() {
    const expires = Math.ceil((Date.now() + expiryMs) / 1000) * 1000;
    const signed = await this.#sign(
      this.#keys.release,
      '--expires',
      new Date(expires).toISOString(),
    );
    return {
      tamper: () => signed,
      expires,
      says: `The ruleset on the wire is rightly signed and ends at ${new Date(expires).toISOString().slice(11, 19)} UTC.`,
    };
  }

  async #stranger() {
    const name = path.join(this.#folder, 'stranger');
    const key = `${name}.key.json`;
    const { site } = JSON.parse(await readFile(this.#keys.release, 'utf8'));
    const isMade = await readFile(key).catch(() => undefined);
    if (!isMade) await run(this.#command, ['keys', 'new', name, '--site', site]);
    const signed = await this.#sign(key);
    const { id } = JSON.parse(await readFile(key, 'utf8'));
    return {
      tamper: () => signed,
      says: `The same rules, signed by a key that nobody here knows${id ? ` (${id})` : ''}.`,
    };
  }

  async #sign(key, ...options) {
    const file = path.join(this.#folder, 'attack.heed');
    await writeFile(file, imageOf(await this.#read()));
    await run(this.#command, ['sign', file, '--key', key, ...options]);
    return readFile(file);
  }
}
