// The stage's state, and all that changes it. Panels read `state` and call methods.
import {
  type Decision,
  type Explanation,
  HeedError,
  type HeedMap,
  type Level,
  verifyRuleset,
} from 'heed';

import { applied } from '../../board/src/report.ts';
import { forgetVisitor, readTraces, readVisit, shownIn, type Traces, type Visit } from './frame.ts';
import type { Counts } from './counts.ts';
import {
  act,
  type BatchRecord,
  follow,
  followStore,
  type HostState,
  read,
  readBytes,
} from './host.ts';
import { asItIs, Twin, type What } from './twin.ts';

export type Tab = 'shop' | 'why' | 'board';

export type OnWire =
  | { readonly version: number; readonly expires: number }
  | { readonly code: string; readonly message: string };

export type State = {
  readonly host: HostState | null;
  readonly isThere: boolean;
  readonly step: number;
  /** What a narrow screen shows. */
  readonly tab: Tab;
  readonly visit: Visit | null;
  readonly traces: Traces;
  readonly hasScript: boolean;
  /** What the visitor has agreed to: the page's own word, its cookie's where no script runs. */
  readonly level: Level | null;
  /** Slot that is explained. */
  readonly slot: string;
  readonly explanations: Readonly<Record<string, Explanation>>;
  /** Names of the ruleset's attributes: what else conditions read are features. */
  readonly attributes: readonly string[];
  readonly what: What;
  readonly whatIf: Explanation | null;
  readonly decisionUs: number | null;
  /** What the shop itself wrote into the hero of this page. */
  readonly ownHero: string;
  readonly isRevealed: boolean;
  /** What the package in this page says of the bytes that the edge is given. */
  readonly onWire: OnWire | null;
  /** What the store has counted, as it says. */
  readonly counts: Counts | null;
  /** The visitor's own newest order, and how long after it left it was counted. */
  readonly purchase: {
    readonly note: number;
    readonly value: number;
    readonly ms: number | null;
  } | null;
  readonly busy: string;
  readonly fault: string;
};

const lookMs = 400;
const countedMax = 400;
const heroPattern = /data-heed-slot="hero"[\s\S]*?data-heed-part="title"[^>]*>([^<]*)</;
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export class Stage {
  state: State = {
    host: null,
    isThere: false,
    step: 0,
    tab: 'shop',
    visit: null,
    traces: { cookies: [], storage: [] },
    hasScript: true,
    level: null,
    slot: 'hero',
    explanations: {},
    attributes: [],
    what: asItIs,
    whatIf: null,
    decisionUs: null,
    ownHero: '',
    isRevealed: false,
    onWire: null,
    counts: null,
    purchase: null,
    busy: '',
    fault: '',
  };
  readonly #listeners = new Set<() => void>();
  #frame: HTMLIFrameElement | null = null;
  #twin: { readonly hash: string; readonly opening: Promise<Twin | null> } | null = null;
  /** Knows what the newest decisions show. */
  #words: Twin | null = null;
  #map: HeedMap | undefined;
  #timer = 0;
  /** When the store said how many outcomes it has, the newest last. */
  readonly #counted: { readonly at: number; readonly outcomes: number }[] = [];

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  set(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.#listeners) listener();
  }

  start(): void {
    follow(
      (host) => this.set({ host, purchase: this.#purchaseIn(host) }),
      (isThere) => {
        if (isThere !== this.state.isThere) this.set({ isThere });
      },
    );
    followStore((news) => {
      const counts = applied(this.state.counts, news);
      this.#counted.push({ at: Date.now(), outcomes: counts.ledger.outcomes });
      if (this.#counted.length > countedMax) this.#counted.shift();
      const { host } = this.state;
      this.set({ counts, ...(host && { purchase: this.#purchaseIn(host) }) });
    });
  }

  /** The newest order that left, and when the store's count of outcomes grew after it. */
  #purchaseIn({ log }: HostState): State['purchase'] {
    const isOrder = ({ metric, type }: BatchRecord) => type === 'outcome' && metric === 'revenue';
    const note = log.findLast(({ batch }) => batch?.records.some(isOrder));
    if (!note) return null;
    const known = this.state.purchase;
    if (known?.note === note.id && known.ms !== null) return known;
    const value = note.batch!.records.find(isOrder)!.value ?? 0;
    const before = this.#counted.findLast(({ at }) => at < note.at)?.outcomes ?? 0;
    const after = this.#counted.find(({ at, outcomes }) => at >= note.at && outcomes > before);
    return { note: note.id, value, ms: after ? after.at - note.at : null };
  }

  reveal(isRevealed: boolean): void {
    this.set({ isRevealed, tab: isRevealed ? 'board' : this.state.tab });
  }

  /** Does something that may fail, and says so where it does. */
  async try(name: string, body: () => Promise<unknown>): Promise<void> {
    this.set({ busy: name, fault: '' });
    try {
      await body();
    } catch (error) {
      this.set({ fault: messageOf(error) });
    } finally {
      this.set({ busy: '' });
    }
  }
  act = (name: string, what: object = {}): Promise<void> => this.try(name, () => act(name, what));

  /** Has this browser read what the edge is given: it trusts the edge no more than the wire. */
  async readWire(): Promise<void> {
    const { host } = this.state;
    if (!host) return;
    const { keys, site, published } = host;
    try {
      const bytes = await readBytes('wire');
      const seen = published?.version ?? 0;
      const { version, expires } = await verifyRuleset(bytes, { keys, site, versionSeen: seen });
      this.set({ onWire: { version, expires } });
    } catch (error) {
      const code = error instanceof HeedError ? error.code : 'unavailable';
      this.set({ onWire: { code, message: messageOf(error) } });
    }
  }

  /** The crowd's door; a switch that waits for an answer would not feel like one. */
  async setPace(pace: 'calm' | 'paused'): Promise<void> {
    const { host } = this.state;
    if (host?.traffic) this.set({ host: { ...host, traffic: { ...host.traffic, pace } } });
    await this.act('pace', { pace });
  }

  go(step: number): void {
    this.set({ step, fault: '' });
  }

  // The frame.

  mount(frame: HTMLIFrameElement): void {
    this.#frame = frame;
    frame.addEventListener('load', () => void this.#arrived());
    clearInterval(this.#timer);
    this.#timer = window.setInterval(() => void this.#look(), lookMs);
  }

  open(path: string): void {
    if (this.#frame) this.#frame.src = path;
    this.set({ tab: 'shop' });
  }
  reload(): void {
    this.#frame?.contentWindow?.location.reload();
  }

  /** The very same answer of the edge once more, with script or without. */
  async setScript(hasScript: boolean): Promise<void> {
    const frame = this.#frame;
    if (!frame) return;
    const { path } = (await act('again')) as { path?: string };
    if (hasScript) frame.removeAttribute('sandbox');
    else frame.setAttribute('sandbox', 'allow-same-origin allow-forms');
    this.set({ hasScript });
    // A new address even where it is the same: `reload` would keep the old sandbox.
    frame.src = path ?? '/';
  }

  /** Whoever comes next has never been here. */
  async someoneNew(): Promise<void> {
    const frame = this.#frame;
    if (!frame) return;
    // The page that goes still writes what it knows.
    frame.src = 'about:blank';
    await new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    await forgetVisitor();
    await act('forget');
    this.set({ visit: null, level: null, explanations: {}, what: asItIs, whatIf: null });
    frame.src = '/';
  }

  async #arrived(): Promise<void> {
    const visit = this.#frame && readVisit(this.#frame);
    if (!visit) return;
    this.set({ visit, what: asItIs, whatIf: null });
    const own = await read('untouched', { path: visit.path }).catch(() => '');
    this.set({ ownHero: heroPattern.exec(own)?.[1]?.trim() ?? '' });
    await this.#look();
    await this.#measure();
  }

  /** Everything is read from the page again: what it shows is what is said of it. */
  async #look(): Promise<void> {
    const visit = this.#frame && readVisit(this.#frame);
    if (!visit) return;
    const traces = await readTraces();
    const twin = await this.#twinOf(visit);
    const map = await this.#mapOf(visit);
    const slots = twin?.runtime.slots.filter(({ channel }) => channel === 'page') ?? [];
    const explanations = Object.fromEntries(
      slots.map(({ name }) => [name, this.#explain(visit, twin!, name, map)]),
    );
    const whatIf = this.#isAsked && twin ? this.#whatIf(visit, twin, map) : null;
    const attributes = twin?.runtime.attributes.map(({ name }) => name) ?? [];
    const level = visit.heed?.level ?? twin?.level() ?? null;
    this.set({ visit, traces, level, explanations, attributes, whatIf });
  }

  #explain(visit: Visit, twin: Twin, slot: string, map: HeedMap | undefined): Explanation {
    const isOwn = visit.heed !== null && visit.state !== null;
    return isOwn ? visit.heed!.explain(slot, map) : twin.explain(visit, slot, map, asItIs);
  }

  /** @returns null where the page's ruleset cannot be had: the page says what it says */
  async #twinOf(visit: Visit): Promise<Twin | null> {
    const hash = visit.state?.ruleset.hash;
    const { host } = this.state;
    if (!hash || !host) return null;
    if (this.#twin?.hash !== hash) {
      const opening = Twin.open(hash, host.keys, host.site).catch(() => null);
      this.#twin = { hash, opening };
      this.#map = undefined;
    }
    const { opening } = this.#twin;
    const twin = await opening;
    // What was refused may be mended by the next time.
    if (!twin && this.#twin.opening === opening) this.#twin = null;
    this.#words = twin ?? this.#words;
    return twin;
  }

  async #mapOf(visit: Visit): Promise<HeedMap | undefined> {
    if (this.#map || !visit.state) return this.#map;
    try {
      this.#map = JSON.parse(await read('map')) as HeedMap;
    } catch {
      // The store is gone: ids and values must do.
    }
    return this.#map;
  }

  async #measure(): Promise<void> {
    const { visit } = this.state;
    const twin = visit && (await this.#twinOf(visit));
    if (twin) this.set({ decisionUs: twin.decisionUs(visit) });
  }

  /** What stands in a slot now. */
  shown(slot: string) {
    const { visit } = this.state;
    return visit && shownIn(visit, slot);
  }

  /** The first words that a decision shows, '' where it shows none. */
  wordsOf(decision: Decision): string {
    // What a page embeds says nothing of options where nothing was chosen.
    if (decision.held_out || decision.trigger === null) return '';
    const contents = Object.values(this.#words?.runtime.content(decision) ?? {});
    return contents.find(({ text }) => text)?.text ?? '';
  }

  // Questions.

  get #isAsked(): boolean {
    const { values, laterMs } = this.state.what;
    return laterMs !== 0 || Object.keys(values).length > 0;
  }
  #whatIf(visit: Visit, twin: Twin, map: HeedMap | undefined): Explanation {
    return twin.explain(visit, this.state.slot, map, this.state.what);
  }
  ask(what: What): void {
    this.set({ what });
    void this.#look();
  }
  choose(slot: string): void {
    this.set({ slot, whatIf: null });
    void this.#look();
  }
}
