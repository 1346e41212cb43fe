// Drafts that other work took the place of: none is lost.
import { type Draft, dropDraft, keepDraft } from './database.ts';
import type { Desk } from './desk.ts';

export class Drafts {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Keeps what the editor holds beside what comes into it. */
  async keepUnpublished(): Promise<void> {
    const { base, config, isDirty } = this.#desk.state;
    if (isDirty)
      await keepDraft(config.site, { base, files: this.#desk.editor.files(), at: Date.now() });
  }

  /** Puts a version's source into the editor, unpublished. */
  async restore(version: number): Promise<void> {
    const files = await this.#desk.store.source(version).catch(() => null);
    if (!files) {
      this.#desk.notify('bad', `Version ${version} has no source in the store.`);
      return;
    }
    await this.keepUnpublished();
    this.#desk.setFiles(files);
    this.#desk.set({ pane: 'editor' });
    await this.#desk.save();
    this.#desk.notify('good', `The editor holds version ${version}. Nothing is published yet.`);
  }

  /** Goes on with a draft that other work took the place of; what was there is kept in turn. */
  async takeUp(draft: Draft): Promise<void> {
    await this.keepUnpublished();
    this.#desk.setFiles(draft.files);
    this.#desk.set({ base: draft.base, pane: 'editor', differenceOf: '' });
    await this.#desk.save();
    await this.#desk.readHistory();
    this.#desk.notify(
      'good',
      `The editor holds your draft on version ${draft.base.version} again.`,
    );
  }

  async discard(): Promise<void> {
    await this.keepUnpublished();
    await dropDraft(this.#desk.state.config.site);
    const { version, files } = await this.#desk.readPublished();
    this.#desk.setFiles(files);
    this.#desk.set({ base: { version, files }, newest: version, isDirty: false, differenceOf: '' });
    await this.#desk.readHistory();
  }
}
