// The console's state, and all that changes it. Panels read `state` and call methods; nothing here
// touches the page.
import type { ChangeSet } from '@codemirror/state';

import { rememberAccess } from './access.ts';
import { Checking } from './checking.ts';
import { sameFiles } from './conflict.ts';
import { dropDraft, keptDrafts, readDraft, readKey, writeDraft } from './database.ts';
import type { Desk } from './desk.ts';
import { Drafts } from './drafts.ts';
import { Editor } from './editor.ts';
import { assetText } from './json_places.ts';
import { imageOf } from './keys.ts';
import { type OutlineTrigger, placeOfTrigger, type SourceFile } from './names.ts';
import { type Path, SchemaGuide } from './places.ts';
import { locate, type Problem } from './problems.ts';
import type { Checked } from './protocol.ts';
import { Publishing } from './publishing.ts';
import { Signing } from './signing.ts';
import {
  type Access,
  type Base,
  type Config,
  initialState,
  nobody,
  type State,
  type Tab,
} from './state.ts';
import { Store, StoreError } from './store.ts';
import { StudioClient } from './studio.ts';
import { messageOf } from './text.ts';
import { readLog, type Recorded, type Visitor, visitorOf } from './visitors.ts';

const saveMs = 700;
const pollMs = 4000;

const triggerOf = (path: string): string | undefined => /^\$\.triggers\.([^.[]+)/.exec(path)?.[1];

export class Tower implements Desk {
  state: State = initialState;
  readonly editor: Editor;
  readonly signing = new Signing(this);
  readonly drafts = new Drafts(this);
  readonly publishing = new Publishing(this, this.signing, this.drafts);
  readonly #listeners = new Set<() => void>();
  readonly store: Store;
  /** Answers while people type; never asked for anything that takes long. */
  readonly #checker = new StudioClient();
  /** Whole checks of large sources, differences, explanations. */
  readonly analyst = new StudioClient();
  readonly #checking = new Checking(this.#checker, this.analyst, {
    take: (checked) => this.#take(checked),
    failed: (error) => this.notify('bad', `The check failed: ${messageOf(error)}`),
  });
  #guide: SchemaGuide | null = null;
  #saveTimer = 0;

  constructor(config: Config, access: Access) {
    this.state = { ...initialState, config, access };
    this.store = new Store(config.site, () => this.state.access.publish);
    this.editor = new Editor(
      {
        edited: (file, changes) => this.#edited(file, changes),
        moved: (path) => this.#moved(path),
      },
      () => ({ names: this.state.names, guide: this.#guide }),
    );
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.#listeners) listener();
  }

  notify(kind: 'good' | 'bad', text: string): void {
    this.set({ notice: { kind, text } });
  }

  // Starting.

  async start(): Promise<void> {
    try {
      const module = await WebAssembly.compileStreaming(fetch('/heed-studio.wasm'));
      const [schema] = await Promise.all([
        this.#checker.call('start', { module }),
        this.analyst.call('start', { module }),
      ]);
      this.#guide = new SchemaGuide(schema);
      await this.load();
      setInterval(() => void this.#poll(), pollMs);
    } catch (error) {
      this.set({ phase: 'failed', fault: messageOf(error) });
    }
  }

  /** Reads what is published, and goes on with the draft where this browser has one. */
  async load(): Promise<void> {
    const { site } = this.state.config;
    try {
      const published = await this.readPublished();
      const draft = await readDraft(site);
      const base = draft?.base ?? published;
      const begun = draft?.files ?? published.files;
      this.setFiles(begun.length || published.version > 0 ? begun : await this.#starter());
      this.set({
        phase: 'ready',
        base,
        newest: published.version,
        isDirty: draft !== undefined && !sameFiles(draft.files, base.files),
        key: (await readKey(site)) ?? null,
        keyring: await this.store.keyring(),
        history: await this.store.versions(),
      });
      await this.#loadVisitors();
    } catch (error) {
      const isKeyless =
        error instanceof StoreError && (error.status === 401 || error.status === 403);
      this.set({ phase: isKeyless ? 'locked' : 'failed', fault: messageOf(error) });
    }
  }

  /** The smallest complete source, for a site that has none. */
  async #starter(): Promise<readonly SourceFile[]> {
    const text = await this.analyst.call('starter', null);
    return [{ name: 'ruleset.heed.json', text }];
  }

  /** Files from this machine take the place of what is in the editor. */
  async openFiles(list: readonly File[]): Promise<void> {
    const files = await Promise.all(
      list.map(async (file) => ({ name: file.name, text: await file.text() })),
    );
    await this.drafts.keepUnpublished();
    this.setFiles(files.sort((a, b) => (a.name < b.name ? -1 : 1)));
    await this.save();
  }

  /** The draft as files on this machine, one after another. */
  saveFiles(): void {
    for (const { name, text } of this.editor.files()) {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    }
  }

  setAccess(access: Access): void {
    rememberAccess(access);
    this.set({ access });
  }

  async unlock(access: Access): Promise<void> {
    this.setAccess(access);
    this.set({ phase: 'starting', fault: '' });
    await this.load();
  }

  /** What is published becomes the other side of every comparison. */
  async readPublished(): Promise<Base> {
    const newest = await this.store.ruleset();
    if (!newest) {
      await this.analyst.call('published', null);
      return { version: 0, files: [] };
    }
    const written = await this.store.source(newest.version);
    const image = imageOf(newest.bytes);
    const told = await this.analyst.call('published', { image, files: written });
    const { isSource, names, outline } = told;
    this.set({ isSource, publishedNames: names, publishedOutline: outline });
    return { version: newest.version, files: written ?? [] };
  }

  async #loadVisitors(): Promise<void> {
    const { visitors } = this.state.config;
    if (!visitors) return;
    const answer = await fetch(visitors, { cache: 'no-store' }).catch(() => undefined);
    if (!answer?.ok) return;
    this.setRecorded(readLog(await answer.text(), 'this site, as it is visited'));
  }

  setRecorded(recorded: Recorded): void {
    this.set({ recorded, differenceOf: '' });
    const first = visitorOf(recorded.lines.at(-1));
    if (first && this.state.visitor === nobody) this.set({ visitor: first });
    if (this.state.tab === 'changes') void this.compare();
  }

  // Editing and checking.

  setFiles(files: readonly SourceFile[]): void {
    const revision = this.state.revision + 1;
    this.editor.setFiles(files);
    this.set({
      files: files.map(({ name }) => name),
      file: this.editor.file,
      revision,
      problems: [],
      checked: null,
    });
    for (const studio of [this.#checker, this.analyst])
      void studio.call('files', { files, revision });
    this.#checkSoon(0);
  }

  #edited(file: string, changes: ChangeSet): void {
    const revision = this.state.revision + 1;
    const ask = { file, changes: changes.toJSON() as unknown, revision };
    for (const studio of [this.#checker, this.analyst]) void studio.call('edit', ask);
    const moved = (problem: Problem): Problem =>
      problem.file === file
        ? { ...problem, from: changes.mapPos(problem.from), to: changes.mapPos(problem.to) }
        : problem;
    this.set({ revision, isDirty: true, problems: this.state.problems.map(moved) });
    this.#checkSoon();
    clearTimeout(this.#saveTimer);
    this.#saveTimer = window.setTimeout(() => void this.save(), saveMs);
  }

  #moved([section, trigger]: Path): void {
    const isOther =
      section === 'triggers' && trigger !== undefined && trigger !== this.state.trigger;
    if (isOther) this.set({ trigger });
  }

  async save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    const { base, config } = this.state;
    const files = this.editor.files();
    const isDirty = !sameFiles(files, base.files);
    if (isDirty !== this.state.isDirty) this.set({ isDirty });
    if (isDirty) await writeDraft(config.site, { files, base, at: Date.now() });
    else await dropDraft(config.site);
  }

  #checkSoon(ms?: number): void {
    this.#checking.soon(ms);
    if (!this.state.isChecking) this.set({ isChecking: true });
  }

  #take(checked: Checked): void {
    const { names, outline, diagnostics, ...rest } = checked;
    // Places are of a text that is no longer there: the next check is on its way.
    if (checked.revision !== this.state.revision) return;
    const found = diagnostics.map((one) => locate(this.editor.document(one.file), one));
    const looked = new Set(checked.edited);
    const kept = this.state.problems.filter(({ diagnostic: { path, severity } }) => {
      const trigger = triggerOf(path);
      return severity === 'warning' || (trigger !== undefined && !looked.has(trigger));
    });
    const problems = checked.scope === 'whole' ? found : [...found, ...kept];
    const order = new Map(this.state.files.map((name, index) => [name, index]));
    const place = ({ file }: Problem): number => order.get(file) ?? 0;
    problems.sort(
      (a, b) => severityOf(a) - severityOf(b) || place(a) - place(b) || a.from - b.from,
    );
    this.set({
      checked: rest,
      problems,
      isChecking: checked.scope === 'edited',
      ...(names && { names }),
      ...(outline && { outline }),
    });
    if (outline) this.#keepTrigger(outline);
    this.editor.show(problems);
    if (this.state.tab === 'changes' && checked.scope === 'whole') void this.compare();
  }

  #keepTrigger(outline: readonly OutlineTrigger[]): void {
    const isThere = outline.some(({ trigger }) => trigger === this.state.trigger);
    const onPage = outline.find(({ slot }) => slot === 'hero') ?? outline[0];
    if (!isThere && onPage) this.set({ trigger: onPage.trigger });
  }

  get errorCount(): number {
    return this.state.problems.filter(({ diagnostic }) => diagnostic.severity === 'error').length;
  }

  mend({ file, from, to, diagnostic }: Problem): void {
    this.editor.replace(file, from, to, diagnostic.suggestion);
    this.open(file);
  }

  open(file: string): void {
    this.editor.open(file);
    this.set({ file });
  }

  goTo(file: string, from: number, to?: number): void {
    const isInView = this.editor.isInView;
    this.set({ file, pane: 'editor' });
    this.editor.goTo(file, from, to);
    // A narrow screen shows the editor only now: what is hidden cannot be scrolled to.
    if (!isInView) requestAnimationFrame(() => this.editor.goTo(file, from, to));
  }

  /** Shows where an option's text is written: at its asset, or in the trigger itself. */
  goToOption(trigger: OutlineTrigger, option: string): void {
    for (const file of this.state.files) {
      const text = this.editor.document(file).toString();
      const found = assetText(text, option);
      if (found) return this.goTo(file, found.from, found.to);
    }
    const text = this.editor.document(trigger.file).toString();
    const at = text.indexOf(JSON.stringify(option), placeOfTrigger(text, trigger.trigger));
    if (at >= 0) this.goTo(trigger.file, at + 1, at + 1 + option.length);
    else this.choose(trigger);
  }

  choose(one: OutlineTrigger): void {
    this.set({ trigger: one.trigger });
    const text = this.editor.document(one.file).toString();
    this.goTo(one.file, placeOfTrigger(text, one.trigger));
  }

  // Questions.

  show(tab: Tab): void {
    this.set({ tab, pane: tab });
    if (tab === 'changes') void this.compare();
    if (tab === 'history') void this.readHistory();
  }

  askWhy(visitor: Visitor, slot: string): void {
    this.set({ visitor, slot });
    this.show('visitor');
  }

  explain(visitor: Visitor, slot: string, side: 'draft' | 'published') {
    return this.analyst.call('explain', { side, line: JSON.stringify(visitor), slot });
  }

  decide(line: string, side: 'draft' | 'published') {
    return this.analyst.call('decide', { side, line });
  }

  async compare(): Promise<void> {
    const { revision, newest, recorded } = this.state;
    const of = `${revision} ${newest} ${recorded.lines.length}`;
    if (of === this.state.differenceOf || newest === 0) return;
    if (this.errorCount > 0) {
      this.set({ difference: null, differenceOf: '', differenceFault: '' });
      return;
    }
    this.set({ differenceOf: of, differenceFault: '' });
    try {
      const visitors = recorded.lines.join('\n');
      const difference = await this.analyst.call('difference', { visitors });
      if (this.state.differenceOf === of) this.set({ difference });
    } catch (error) {
      if (this.state.differenceOf === of)
        this.set({ difference: null, differenceOf: '', differenceFault: messageOf(error) });
    }
  }

  async readHistory(): Promise<void> {
    try {
      const kept = await keptDrafts(this.state.config.site);
      this.set({ kept, history: await this.store.versions() });
    } catch (error) {
      this.notify('bad', messageOf(error));
    }
  }

  // Several people.

  async #poll(): Promise<void> {
    if (this.state.phase !== 'ready' || this.state.busy || document.hidden) return;
    const versions = await this.store.versions().catch(() => undefined);
    const newest = versions?.[0]?.version ?? 0;
    if (!versions || newest === this.state.newest) return;
    this.set({ newest, history: versions, differenceOf: '' });
    const published = await this.readPublished();
    if (this.state.isDirty) return;
    // Nothing of one's own is at stake: go along.
    this.setFiles(published.files);
    this.set({ base: published });
    this.notify('good', `Version ${newest} was published by somebody else; here it is.`);
  }
}

const severityOf = ({ diagnostic }: Problem): number => (diagnostic.severity === 'error' ? 0 : 1);
