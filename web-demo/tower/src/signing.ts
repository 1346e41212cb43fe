// The key that signs, and whether the site counts what it signs.
import { dropKey, writeKey } from './database.ts';
import type { Desk } from './desk.ts';
import { makeKey, readKeyFile, signImage, type SigningKey, stampImage } from './keys.ts';
import type { Keyring } from './store.ts';
import { messageOf } from './text.ts';

export class Signing {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async #use(make: () => Promise<SigningKey>): Promise<void> {
    this.#desk.set({ busy: 'making a key' });
    try {
      const key = await make();
      await writeKey(this.#desk.state.config.site, key);
      this.#desk.set({ key, keyring: await this.#desk.store.keyring() });
    } catch (error) {
      this.#desk.notify('bad', messageOf(error));
    } finally {
      this.#desk.set({ busy: '' });
    }
  }
  make = (): Promise<void> => this.#use(makeKey);
  read = (file: File): Promise<void> => this.#use(async () => readKeyFile(await file.text()));

  async forget(): Promise<void> {
    await dropKey(this.#desk.state.config.site);
    this.#desk.set({ key: null });
  }

  /** Whether the site counts this key's signatures. */
  get isTrusted(): boolean {
    const { key, keyring } = this.#desk.state;
    return key !== null && (keyring?.roles.release.keys.includes(key.public) ?? false);
  }

  async joinKeyring(): Promise<void> {
    const { key, config } = this.#desk.state;
    if (!key) return;
    try {
      const now = await this.#desk.store.keyring();
      const release = now?.roles.release ?? { threshold: 1, keys: [] };
      const keys = [...release.keys, key.public];
      const keyring: Keyring = {
        heed_keyring: 1,
        site: config.site,
        roles: { release: { threshold: release.threshold, keys } },
      };
      await this.#desk.store.putKeyring(keyring);
      this.#desk.set({ keyring });
      this.#desk.notify('good', 'Your key is in the keyring of this site.');
    } catch (error) {
      this.#desk.notify('bad', messageOf(error));
    }
  }

  /** The draft, compiled, stamped and signed; undefined where it has mistakes. */
  async signDraft(version: number) {
    const { key } = this.#desk.state;
    if (!key) return undefined;
    const files = this.#desk.editor.files();
    const { compiled } = await this.#desk.analyst.call('compile', { now: Date.now(), files });
    if (!compiled) return undefined;
    const expires = Math.floor(Date.now() / 1000) * 1000 + compiled.validForMs;
    const signed = await signImage(stampImage(compiled.image, version, expires), key);
    return { signed, map: compiled.map, files };
  }
}
