// A signed draft goes to the store, or to where the edge finds it for a preview; an earlier version
// comes back; two people's work becomes one.
import { bothIn } from './conflict.ts';
import { keepDraft } from './database.ts';
import type { Desk } from './desk.ts';
import type { Drafts } from './drafts.ts';
import { toHex } from './encoding.ts';
import { imageOf, signImage, stampImage } from './keys.ts';
import type { SourceFile } from './names.ts';
import type { Signing } from './signing.ts';
import type { Base } from './state.ts';
import { StoreError } from './store.ts';
import { messageOf } from './text.ts';

const dayMs = 24 * 3600 * 1000;

export class Publishing {
  readonly #desk: Desk;
  readonly #signing: Signing;
  readonly #drafts: Drafts;

  constructor(desk: Desk, signing: Signing, drafts: Drafts) {
    this.#desk = desk;
    this.#signing = signing;
    this.#drafts = drafts;
  }

  #offered = { revision: -1, name: '' };
  /** Hands the signed draft to where the edge finds it. @returns its name there */
  async offerDraft(): Promise<string> {
    const { revision, config, newest } = this.#desk.state;
    if (this.#offered.revision === revision) return this.#offered.name;
    const made = await this.#signing.signDraft(newest + 1);
    if (!made) throw new Error('the draft has mistakes: mend them first');
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', made.signed));
    const name = toHex(digest.slice(0, 8));
    const answer = await fetch(config.drafts + name, { method: 'PUT', body: made.signed });
    if (!answer.ok) throw new Error(`the draft was not taken: ${answer.status}`);
    this.#offered = { revision, name };
    return name;
  }

  async publish(): Promise<void> {
    this.#desk.set({ busy: 'publishing', notice: null });
    try {
      await this.#desk.save();
      const { base } = this.#desk.state;
      const version = base.version + 1;
      const made = await this.#signing.signDraft(version);
      if (!made) throw new Error('the draft has mistakes: mend them first');
      await this.#desk.store.publish(version, made.signed, made.map, made.files);
      await this.#published({ version, files: made.files });
      this.#desk.notify('good', `Version ${version} is published. Pages follow within seconds.`);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'version') await this.findConflict();
      else this.#desk.notify('bad', `Nothing was published: ${messageOf(error)}`);
    } finally {
      this.#desk.set({ busy: '' });
    }
  }

  async #published(base: Base): Promise<void> {
    this.#desk.set({
      base,
      newest: base.version,
      isDirty: false,
      conflict: null,
      differenceOf: '',
    });
    await this.#desk.save();
    await this.#desk.readPublished();
    await this.#desk.readHistory();
    if (this.#desk.state.tab === 'changes') await this.#desk.compare();
  }

  /** Publishes what `version` said as a version of its own: clients never take an older one. */
  async rollBack(version: number): Promise<void> {
    const { key } = this.#desk.state;
    if (!key) return;
    this.#desk.set({ busy: 'rolling back', notice: null });
    try {
      await this.#desk.save();
      const newest = (await this.#desk.store.versions())[0]?.version ?? 0;
      const before = await this.#desk.store.ruleset(version);
      const files = await this.#desk.store.source(version);
      if (!before || !files) throw new Error(`version ${version} has no source in the store`);
      const { compiled } = await this.#desk.analyst.call('compile', { now: Date.now(), files });
      const expires = Math.floor(Date.now() / 1000) * 1000 + (compiled?.validForMs ?? 90 * dayMs);
      // The very rules that were published then, not what today's studio makes of the source.
      const image = stampImage(imageOf(before.bytes), newest + 1, expires);
      const signed = await signImage(image, key);
      await this.#desk.store.publish(newest + 1, signed, compiled?.map ?? '{"triggers":{}}', files);
      await this.#drafts.keepUnpublished();
      this.#desk.setFiles(files);
      await this.#published({ version: newest + 1, files });
      this.#desk.notify('good', `Version ${newest + 1} says what version ${version} said.`);
    } catch (error) {
      this.#desk.notify('bad', `Nothing was rolled back: ${messageOf(error)}`);
    } finally {
      this.#desk.set({ busy: '' });
    }
  }

  /** Lays both sides' work beside each other. */
  async findConflict(): Promise<void> {
    await this.#desk.save();
    const [past] = await this.#desk.store.versions();
    if (!past) return;
    const theirs = await this.#desk.readPublished();
    const { base } = this.#desk.state;
    const mine = this.#desk.editor.files();
    const merged = bothIn(base.files, mine, theirs.files);
    const between = (after: readonly SourceFile[]) =>
      this.#desk.analyst.call('between', { before: base.files, after });
    const changes = { you: await between(mine), them: await between(theirs.files) };
    this.#desk.set({
      newest: theirs.version,
      conflict: { base, mine, merged, changes, theirs: { ...theirs, who: past.who, at: past.at } },
    });
  }

  /** Goes on from their version with `files`; what was here before stays in this browser. */
  async resolve(files: readonly SourceFile[]): Promise<void> {
    const { conflict, config } = this.#desk.state;
    if (!conflict) return;
    await keepDraft(config.site, { base: conflict.base, files: conflict.mine, at: Date.now() });
    const { version, files: theirs } = conflict.theirs;
    this.#desk.setFiles(files.filter(({ text }) => text !== ''));
    this.#desk.set({
      base: { version, files: theirs },
      conflict: null,
      differenceOf: '',
      isDirty: true,
    });
    await this.#desk.save();
    this.#desk.show('changes');
    this.#desk.notify(
      'good',
      `Both are in the editor, on version ${version}. Look at the changes, then publish.`,
    );
  }
}
