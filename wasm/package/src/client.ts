// One visitor in one page (or worker): what index.ts offers, put together from the runtime, the
// ledger, the tabs, the cookies and the page's state. No call throws into a page.
import { cookieSnapshotSizeBytesMax } from './abi.ts';
import { type Call, wrong } from './arguments.ts';
import { fromBase64url, hex, random64, randomBytes, toBase64url } from './bytes.ts';
import { Binding } from './dom.ts';
import { decisionOf, undecided } from './decision.ts';
import { dispose } from './dispose.ts';
import { HeedError, problem } from './errors.ts';
import { Listeners } from './events.ts';
import { unexplained } from './explain.ts';
import { Ledger } from './ledger.ts';
import { allows } from './levels.ts';
import {
  consentLevel,
  documentCookies,
  hasGpc,
  lower,
  noCookies,
  pageClock,
  readState,
  requestAttributes,
} from './page.ts';
import { rehearse } from './rehearsal.ts';
import { imageOf, isVerified } from './ruleset.ts';
import { WasmRuntime, whenIdle } from './runtime.ts';
import type { WasmSession } from './session.ts';
import { deviceStorage, memoryStorage } from './storage.ts';
import { browserPorts, type Command, Tabs, type TabsPorts } from './tabs.ts';
import { fetchTransport } from './transport.ts';
import type {
  Clock,
  Cookies,
  Decision,
  Explanation,
  HeedMap,
  Flushed,
  Heed,
  HeedEvents,
  HeedOptions,
  HeedProblem,
  Level,
  PageState,
  PartContent,
  Values,
  VerifiedRuleset,
} from './types.ts';

const idCookie = 'heed_id';
const stateCookie = 'heed_s';
const twoYearsS = 2 * 365 * 86_400;
/** Ids tried for one whose own draws are those that a page shows. */
const visitorTriesMax = 1024;
const hasDocument = typeof document !== 'undefined';
const nothingSent: Flushed = {
  acknowledged: 0,
  pending: 0,
  dropped: { signal: 0, exposure: 0, driver: 0, goal: 0 },
};

function after(ms: number, body: () => void): () => void {
  const timer: number & { unref?: () => void } = setTimeout(body, ms);
  // Where a pending timer keeps the process alive, a retry must not.
  timer.unref?.();
  return () => clearTimeout(timer);
}

export class Client implements Heed {
  readonly ready: Promise<void>;
  readonly view: string;
  readonly #options: HeedOptions;
  readonly #now: Clock;
  readonly #cookies: Cookies;
  readonly #listeners = new Listeners();
  readonly #bindings = new Set<Binding>();
  readonly #state: PageState | null = null;
  readonly #embedded = new Map<string, Decision>();
  readonly #told = new Map<string, Decision>();
  readonly #exposed = new Set<string>();
  /** What was asked before there was a session. */
  readonly #early: (() => void)[] = [];
  #runtime: WasmRuntime | null = null;
  #session: WasmSession | null = null;
  #level: Level = 'none';
  #visitor: string;
  #ledger: Ledger | null = null;
  #tabs: Tabs | null = null;
  #keeping = false;
  #disposed = false;

  constructor(options: HeedOptions) {
    this.#options = options;
    this.#now = options.now ?? pageClock();
    this.#cookies = options.cookies ?? (hasDocument ? documentCookies() : noCookies);
    try {
      this.#state = options.state === undefined ? readState() : options.state;
    } catch (error) {
      this.#report(error as HeedError);
    }
    this.view = this.#state?.view ?? hex(random64());
    for (const decision of this.#state?.decisions ?? [])
      this.#embedded.set(decision.slot, decisionOf(decision));
    this.#visitor = options.visitor ?? toBase64url(randomBytes(16));
    const { ruleset } = options;
    this.ready = isVerified(ruleset) ? this.#startNow(ruleset) : this.#startLater(ruleset);
    // Who does not wait for it hears of it by `error`.
    this.ready.catch(() => undefined);
    if (!hasDocument) return;
    document.addEventListener('visibilitychange', this.#onHidden);
    addEventListener('pagehide', this.#onAway);
    addEventListener('pageshow', this.#onBack);
  }

  /** @throws HeedError where the module or the ruleset cannot be opened */
  #startNow(ruleset: VerifiedRuleset): Promise<void> {
    this.#start(ruleset);
    return this.#checkVersion();
  }

  async #startLater(ruleset: PromiseLike<VerifiedRuleset>): Promise<void> {
    whenIdle(() => this.#runtime ?? rehearse(this.#options.wasm));
    try {
      const verified = await ruleset;
      if (!this.#disposed) this.#start(verified);
    } catch (error) {
      const reason =
        error instanceof HeedError
          ? error
          : new HeedError('not_supported', String(error), 'ruleset');
      this.#report(reason);
      throw reason;
    }
    await this.#checkVersion();
  }

  #start(ruleset: VerifiedRuleset): void {
    const runtime = new WasmRuntime(this.#options.wasm, imageOf(ruleset));
    this.#runtime = runtime;
    const cookie = runtime.consent.cookie;
    const given = cookie === null ? undefined : this.#cookies.get(cookie);
    this.#level = this.#isPreview
      ? 'none'
      : (this.#options.consent ?? consentLevel(runtime.consent, given, hasGpc()));
    this.#visitor =
      this.#options.visitor ??
      (allows(this.#level, 'session') ? this.#cookies.get(idCookie) : undefined) ??
      this.#visitorAsShown(runtime);
    this.#session = this.#open(this.#cookieSnapshot());
    if (this.#session.refused) this.#report(this.#session.refused);
    if (hasDocument && this.#state) {
      const times = new Set(
        runtime.attributes.filter(({ type }) => type === 'time').map(({ name }) => name),
      );
      this.#session.set(
        requestAttributes((name) => times.has(name)),
        this.#now(),
      );
    }
    if (this.#state && this.#state.ruleset.hash !== runtime.hash) {
      const made = this.#state.ruleset.hash;
      const message = `the page was made with ruleset ${made}, this is ${runtime.hash}`;
      this.#report(problem('wrong_version', message, 'heed-state'));
    }
    this.#enter();
    for (const { signal, fields, id } of this.#state?.signals ?? [])
      this.observe(signal, fields, { id });
    for (const body of this.#early.splice(0)) body();
    this.#refresh(() => true);
  }

  /**
   * A new visitor's id, used as soon as there is consent, be it given before heed ran. Its draws
   * are those of this page view: whoever agrees goes on seeing what the page shows, and it counts.
   * Uniform over ids, as views draw like visitors.
   */
  #visitorAsShown(runtime: WasmRuntime): string {
    const decisions = this.#isOwn ? [...this.#embedded.values()] : [];
    const now = this.#now();
    for (let i = 0; i < visitorTriesMax && decisions.length > 0; i++) {
      const visitor = toBase64url(randomBytes(16));
      const session = runtime.session({ visitor, view: this.view, level: 'session', now });
      const agrees = decisions.every((decision) => session.expose(decision, now) === 'counted');
      session[dispose]();
      if (agrees) return visitor;
    }
    return this.#visitor;
  }

  /** Whether the edge decided this page with the very ruleset that runs here. */
  get #isOwn(): boolean {
    return this.#state !== null && this.#state.ruleset.hash === this.#runtime?.hash;
  }
  get #isPreview(): boolean {
    return this.#state?.preview === true;
  }

  #open(snapshot: Uint8Array | undefined): WasmSession {
    const options = {
      visitor: this.#visitor,
      view: this.view,
      level: this.#level,
      now: this.#now(),
      snapshot,
    };
    const runtime = this.#runtime!;
    const session = runtime.session(options);
    return this.#options.record?.(session, runtime, options) ?? session;
  }

  #cookieSnapshot(): Uint8Array | undefined {
    if (!allows(this.#level, 'session')) return undefined;
    return this.#options.snapshot ?? fromBase64url(this.#stored.split('.')[0]!) ?? undefined;
  }

  get #stored(): string {
    return this.#cookies.get(stateCookie) ?? '';
  }

  /** Starts what the level allows; at `none` that is nothing, and what was there goes. */
  #enter(): void {
    const { site } = this.#runtime!;
    const { transport, storage, visitor } = this.#options;
    if (this.#isPreview) return;
    if (!allows(this.#level, 'session')) {
      // An earlier consent left a log too, where it left a cookie. Without one, not even that is
      // opened.
      const hadConsent = this.#cookies.get(idCookie) !== undefined;
      if (hadConsent)
        void (storage ?? deviceStorage)(site)
          .erase()
          .catch(() => undefined);
      this.#cookies.delete(idCookie);
      this.#cookies.delete(stateCookie);
      return;
    }
    if (visitor === undefined) {
      const known = this.#cookies.get(idCookie) ?? this.#visitor;
      // Another tab has asked first: this is its visitor.
      if (known !== this.#visitor) {
        this.#visitor = known;
        this.#session!.adopt(this.#cookieSnapshot() ?? new Uint8Array(), this.#now(), known);
      }
      this.#cookies.set(idCookie, this.#visitor, this.#cookieAge);
    }
    if (transport !== null) {
      this.#ledger ??= new Ledger({
        storage: allows(this.#level, 'device') ? (storage ?? deviceStorage)(site) : memoryStorage(),
        transport: transport ?? fetchTransport(this.#state?.outcomes ?? '/_heed/outcomes'),
        now: this.#now,
        ticket: this.#state?.ticket ?? '',
        report: (it) => this.#report(it),
        after,
        random: Math.random,
        random64,
      });
    }
    this.#tabs ??= this.#join(hasDocument ? browserPorts() : null);
    this.#changed();
  }

  get #cookieAge(): number | null {
    return allows(this.#level, 'device') ? twoYearsS : null;
  }

  #join(ports: TabsPorts | null): Tabs {
    const host = {
      stored: () => this.#stored,
      store: (marks: string) => this.#store(marks),
      snapshot: () => this.#session?.save() ?? new Uint8Array(),
      load: (snapshot: Uint8Array, missing: readonly Command[]) => {
        this.#session?.adopt(snapshot, this.#now());
        for (const command of missing) this.#repeat(command);
      },
      apply: (command: Command) => this.#repeat(command),
      changed: () => this.#refresh((slot) => this.#isLive(slot)),
      setLevel: (level: string) => this.#setLevel(level as Level),
      after,
    };
    return new Tabs(this.#runtime!.site, host, ports);
  }

  /** What has been recorded where it happened. */
  #repeat(command: Command): void {
    this.#apply(command);
    this.#session?.drain();
  }

  /** Refuses a ruleset older than one that this device has seen. */
  async #checkVersion(): Promise<void> {
    const version = this.#runtime?.version ?? 0;
    const seen = (await this.#ledger?.seen(version).catch(() => 0)) ?? 0;
    if (version >= seen) return;
    const error = new HeedError(
      'rolled_back',
      `version ${version} is older than ${seen}, seen before`,
      version,
    );
    this.#session?.[dispose]();
    this.#session = null;
    this.#report(error);
    throw error;
  }

  get level(): Level {
    return this.#level;
  }

  set(values: Values): void {
    this.#do({ do: 'set', values });
  }

  observe(signal: string, fields: Values = {}, options: { readonly id?: string } = {}): boolean {
    return this.#do({ do: 'observe', signal, fields, id: options?.id ?? '' });
  }

  refund(signal: string, id: string): boolean {
    return this.#do({ do: 'refund', signal, id });
  }

  expose(decision: Decision): boolean {
    return this.#do({ do: 'expose', decision, view: this.view });
  }

  /** Whether it can count: a decision of another ruleset, or one that showed nothing, cannot. */
  #isExposable(decision: Decision): boolean {
    const isOfAnother = this.#embedded.get(decision.slot) === decision && !this.#isOwn;
    const shown = decision.trigger !== null || decision.reason === 'capped';
    return shown && !isOfAnother && !this.#exposed.has(decision.slot);
  }

  /**
   * Scripts pass what no type allows: they hear of it, and nothing is thrown into the page.
   *
   * @returns whether it counted; before there is a session, that it will be done
   */
  #do(command: Command): boolean {
    try {
      return !this.#disposed && !this.#refuses(command.do, command) && this.#doNow(command);
    } catch (error) {
      this.#report(problem('wrong_type', `${command.do}: ${String(error)}`, command.do));
      return false;
    }
  }

  #doNow(command: Command): boolean {
    if (!this.#session) {
      if (this.#early.length < 1000) this.#early.push(() => this.#do(command));
      return true;
    }
    if (command.do === 'expose' && !this.#isExposable(command.decision as Decision)) return false;
    if (!this.#keeping) this.#tabs?.catchUp();
    const counted = this.#apply(command);
    if (counted || command.do === 'refund') this.#passOn(command);
    this.#changed();
    if (counted && command.do === 'expose') {
      const decision = decisionOf(command.decision as Decision);
      // What a cap held back was not seen.
      if (decision.trigger === null) return counted;
      this.#exposed.add(decision.slot);
      this.#listeners.emit('exposure', decision);
    }
    return counted;
  }

  /** What belongs to this request or page stays in this tab; the rest is the owner's to know. */
  #passOn(command: Command): void {
    if (!this.#tabs) return;
    if (command.do !== 'set') return this.#tabs.done(command);
    const facts = this.#runtime!.attributes.filter(
      ({ name, source }) => source === 'profile' && name in command.values,
    );
    if (facts.length === 0) return;
    this.#tabs.done({
      do: 'set',
      values: Object.fromEntries(facts.map(({ name }) => [name, command.values[name]])),
    });
  }

  #apply(command: Command): boolean {
    const session = this.#session;
    if (!session) return false;
    const now = this.#now();
    if (command.do === 'set') {
      const problems = session.set(command.values as Values, now);
      for (const it of problems) this.#report(it);
      return true;
    }
    if (command.do === 'expose')
      return this.#applyExpose(
        session,
        decisionOf(command.decision as Decision),
        command.view,
        now,
      );
    if (command.signal.startsWith('heed_')) {
      const message = `'${command.signal}' is heed's own to observe`;
      this.#report(problem('unknown_signal', message, command.signal));
      return false;
    }
    const result =
      command.do === 'observe'
        ? session.observe(command.signal, command.fields as Values, now, command.id)
        : session.refund(command.signal, command.id, now);
    if (typeof result !== 'string') this.#report(result);
    return result === 'counted';
  }

  #applyExpose(session: WasmSession, decision: Decision, view: string, now: number): boolean {
    if (view !== this.view) session.beginView(view);
    const result = session.expose(decision, now);
    if (view !== this.view) session.beginView(this.view);
    return result === 'counted';
  }

  /** After anything that may have changed the state: records, cookie, tabs, live slots. */
  #changed(): void {
    this.#collect();
    if (this.#keeping) return;
    this.#keeping = true;
    queueMicrotask(() => {
      this.#keeping = false;
      if (this.#disposed) return;
      this.#tabs?.keep();
      this.#refresh((slot) => this.#isLive(slot));
    });
  }

  #collect(): void {
    const session = this.#session;
    if (!session) return;
    if (session.trapped) this.#report(session.trapped);
    session.trapped = null;
    this.#ledger?.append(session.drain());
  }

  /** Writes the owner's cookie. */
  #store(marks: string): void {
    const sizeMax = cookieSnapshotSizeBytesMax - Math.ceil((marks.length * 3) / 4);
    const snapshot = this.#session?.save(sizeMax);
    if (snapshot?.length)
      this.#cookies.set(stateCookie, toBase64url(snapshot) + marks, this.#cookieAge);
    // What the cookie holds is better than nothing.
    else if (snapshot && allows(this.#level, 'session')) {
      const message = `keep fewer or shorter attributes: it would pass ${sizeMax} bytes`;
      this.#report(problem('too_large', message, stateCookie));
    }
  }

  #isLive(slot: string): boolean {
    return this.#runtime?.slots.find(({ name }) => name === slot)?.refresh === 'live';
  }

  #refresh(changes: (slot: string) => boolean): void {
    for (const binding of this.#bindings) binding.refresh(changes);
  }

  /**
   * What the edge has decided for this page view; of what it has not named it has kept the
   * fallback.
   */
  #settled(slot: string): Decision | undefined {
    if (this.#session && this.#isLive(slot)) return undefined;
    const embedded = this.#embedded.get(slot);
    if (embedded || !this.#session || !this.#isOwn) return embedded;
    const channel = this.#runtime?.slots.find(({ name }) => name === slot)?.channel;
    return channel === 'page' || channel === 'popup' ? undecided(slot, 'no_trigger') : undefined;
  }

  decide(name: string): Decision {
    const slot = String(name);
    const settled = this.#settled(slot);
    const session = this.#session;
    if (settled) return this.#tell(settled);
    if (!session) return undecided(slot, 'unverified');
    if (this.#runtime!.names.slotId(slot) === undefined) {
      this.#report(problem('unknown_slot', `the ruleset has no slot '${slot}'`, slot));
    }
    return this.#tell(session.decide(slot, this.#now()));
  }

  decideAll(): readonly Decision[] {
    if (!this.#session) return [...this.#embedded.values()];
    const decisions = this.#session.decideAll(this.#now());
    return decisions.map((made) => this.#tell(this.#settled(made.slot) ?? made));
  }

  winners(): readonly Decision[] {
    // Where the edge has decided for this page view, its slots are told as it did.
    if (!this.#session || this.#embedded.size > 0 || this.#isOwn)
      return this.decideAll().filter(({ trigger }) => trigger !== null);
    return this.#session.winners(this.#now()).map((made) => this.#tell(made));
  }

  #tell(decision: Decision): Decision {
    const told = this.#told.get(decision.slot);
    if (told === decision) return decision;
    this.#told.set(decision.slot, decision);
    if (JSON.stringify(told) !== JSON.stringify(decision))
      this.#listeners.emit('decision', decision);
    return decision;
  }

  content(decision: Decision): Readonly<Record<string, PartContent>> {
    return this.#runtime?.content(decision) ?? {};
  }

  explain(name: string, map?: HeedMap): Explanation {
    const slot = String(name);
    const now = this.#now();
    return (
      this.#session?.explain(slot, now, map) ?? unexplained(this.#visitor, now, this.decide(slot))
    );
  }

  bind(root: Document | Element): () => void {
    if (this.#refuses('bind', { root })) return () => undefined;
    const binding = new Binding(root, {
      decide: (slot) => this.decide(slot),
      content: (decision) => this.content(decision),
      expose: (decision) => void this.expose(decision),
      isFilled: (slot) => this.#embedded.has(slot),
    });
    this.#bindings.add(binding);
    return () => {
      this.#bindings.delete(binding);
      binding.unbind();
    };
  }

  on<E extends keyof HeedEvents>(event: E, listener: (value: HeedEvents[E]) => void): () => void {
    return this.#refuses('on', { listener })
      ? () => undefined
      : this.#listeners.on(event, listener);
  }

  #report(it: HeedProblem): void {
    this.#listeners.report(it);
  }

  /** Whether the call cannot be done with what it was given, which is reported. */
  #refuses(call: Call, given: object): boolean {
    const refused = wrong(call, given);
    if (refused) this.#report(refused);
    return refused !== undefined;
  }

  snapshot(): Uint8Array | null {
    const bytes = this.#session?.save();
    return bytes && bytes.length > 0 ? bytes : null;
  }

  setConsent(level: Level): void {
    if (this.#disposed || this.#isPreview || this.#refuses('setConsent', { level })) return;
    if (!this.#runtime) {
      this.#early.push(() => this.setConsent(level));
      return;
    }
    const allowed = hasGpc() ? lower(level, this.#runtime.consent.gpc) : level;
    this.#tabs?.sendLevel(allowed);
    this.#setLevel(allowed);
  }

  #setLevel(level: Level): void {
    if (level === this.#level) return;
    const keepsLess = allows(this.#level, level);
    const beginsToCount = !allows(this.#level, 'session');
    const hadDevice = allows(this.#level, 'device');
    this.#level = level;
    this.#session?.setLevel(level, this.#now());
    if (keepsLess || allows(level, 'device') !== hadDevice) this.#leaveLedger(keepsLess);
    if (!allows(level, 'session')) this.#leaveTabs();
    this.#enter();
    this.#refresh(() => true);
    if (beginsToCount) for (const binding of this.#bindings) binding.again();
  }

  /** The log of the old level ends; the new level opens its own. */
  #leaveLedger(erases: boolean): void {
    const ledger = this.#ledger;
    this.#ledger = null;
    if (erases) void ledger?.erase().catch(() => undefined);
    else void ledger?.flush().finally(() => ledger.close());
  }

  #leaveTabs(): void {
    this.#tabs?.close();
    this.#tabs = null;
  }

  async forget(): Promise<void> {
    if (this.#disposed) return;
    const ledger = this.#ledger;
    this.#ledger = null;
    this.#tabs?.sendLevel('none');
    this.#leaveTabs();
    this.#level = 'none';
    this.#cookies.delete(idCookie);
    this.#cookies.delete(stateCookie);
    this.#visitor = toBase64url(randomBytes(16));
    if (this.#runtime) {
      this.#session?.[dispose]();
      this.#session = this.#open(undefined);
      this.#refresh((slot) => this.#isLive(slot));
    }
    await ledger?.erase();
  }

  async flush(): Promise<Flushed> {
    return (await this.#ledger?.flush()) ?? nothingSent;
  }

  readonly #onHidden = (): void => {
    if (document.visibilityState === 'hidden') this.#ledger?.leave();
  };

  /** The page may be gone for good, or be kept aside; what it still says goes by hand. */
  readonly #onAway = (): void => {
    if (!this.#tabs) return;
    this.#tabs.leave();
    this.#tabs = this.#join(null);
  };

  /** Back from aside: the state is the cookie's, and so is the visitor's mind. */
  readonly #onBack = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted || !this.#tabs) return;
    const known = this.#options.visitor ?? this.#cookies.get(idCookie);
    if (known === undefined) return this.#setLevel('none');
    if (known === this.#visitor) this.#tabs.catchUp();
    this.#leaveTabs();
    this.#enter();
  };

  [dispose](): void {
    if (this.#disposed) return;
    this.#tabs?.leave();
    this.#tabs = null;
    this.#disposed = true;
    if (hasDocument) {
      document.removeEventListener('visibilitychange', this.#onHidden);
      removeEventListener('pagehide', this.#onAway);
      removeEventListener('pageshow', this.#onBack);
    }
    for (const binding of this.#bindings) binding.unbind();
    this.#bindings.clear();
    this.#ledger?.leave();
    this.#ledger?.close();
    this.#session?.[dispose]();
    this.#runtime?.[dispose]();
    this.#session = null;
    this.#runtime = null;
  }
}
