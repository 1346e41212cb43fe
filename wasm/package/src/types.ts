// The words of the public interface. Types only: nothing here reaches the download.
import type { errorCodes } from './abi.ts';
import type { WasmRuntime } from './runtime.ts';
import type { WasmSession } from './session.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type TimeMs = number;

/** How much a visitor allows; each level includes those before it. */
export type Level = 'none' | 'session' | 'device' | 'account';

/** Why a slot got what it got. */
export type Reason =
  | 'fixed'
  | 'split'
  | 'bandit'
  | 'recommend'
  | 'holdout'
  | 'no_trigger'
  | 'capped'
  | 'no_consent'
  | 'layer'
  | 'schedule'
  | 'expired'
  | 'killed'
  | 'unverified';

/**
 * What a slot got and why: the object, key by key, that `heed decide` prints and the edge embeds. A
 * key that has nothing to say there (without a trigger, when held out) is inherited here, not own,
 * so that `JSON.stringify` leaves it out.
 */
export type Decision = {
  readonly slot: string;
  /** null where no trigger applies: the slot keeps its fallback. */
  readonly trigger: string | null;
  /** Own (and true) where the visitor is kept out on purpose and still measured. */
  readonly held_out: boolean;
  /** The chosen options joined by `+`; null without a trigger and when held out. */
  readonly variant: string | null;
  /** Part -> chosen option, in part order; empty without a trigger and when held out. */
  readonly options: Readonly<Record<string, string>>;
  /** Of the chosen options together, given not held out; 1 without a trigger and when held out. */
  readonly probability: number;
  /** `all` without a trigger. */
  readonly microsegment: string;
  readonly reason: Reason;
};

export type PartKind = 'text' | 'image' | 'link' | 'offer';

/** What a part shows: the chosen asset's properties, or a plain value as `text`. */
export type PartContent = {
  readonly kind: PartKind;
  readonly text?: string;
  readonly src?: string;
  readonly srcset?: string;
  readonly alt?: string;
  readonly width?: string;
  readonly height?: string;
  readonly href?: string;
  readonly percent?: string;
  readonly cost?: string;
};

/** An attribute's or a field's value; null and undefined clear it. A `time` is a Date or ms. */
export type Value = boolean | number | string | readonly string[] | Date | null | undefined;
export type Values = Readonly<Record<string, Value>>;

/** Base64url public keys, one of which must have signed; or a keyring with a threshold. */
export type Keys = readonly string[] | Keyring;
export type Keyring = {
  readonly heed_keyring: 1;
  readonly site: string;
  readonly roles: {
    readonly release: { readonly threshold: number; readonly keys: readonly string[] };
  };
};

/** What the edge embeds as `<script type="application/json" id="heed-state">`. */
export type PageState = {
  readonly heed: 1;
  readonly site: string;
  readonly ruleset: { readonly version: number; readonly hash: string };
  readonly view: string;
  /** A page that shows what someone would see: nothing of it is kept, sent or counted. */
  readonly preview?: true;
  /** What the request itself was: the page counts each id once. */
  readonly signals?: readonly RequestSignal[];
  /** The slots that a trigger has won; every other slot of a page keeps its fallback. */
  readonly decisions: readonly Decision[];
  readonly outcomes: string;
  readonly ticket: string;
};

/** A signal that the edge hands to the page, which owns the state. Times are in ms. */
export type RequestSignal = {
  readonly signal: string;
  readonly fields: Values;
  readonly id: string;
};

/** Says the time. Never goes back. */
export type Clock = () => TimeMs;

/** An ordered map from keys to bytes that outlives the page: where the ledger keeps its log. */
export interface Storage {
  /** At most `count` entries with `from <= key < until`, in key order. */
  read(from: string, until: string, count: number): Promise<readonly StorageEntry[]>;
  /** All of it or nothing; null deletes. Resolves once it is kept. */
  write(changes: readonly (readonly [key: string, value: Uint8Array | null])[]): Promise<void>;
  /** Deletes everything, the container included. */
  erase(): Promise<void>;
  close(): void;
}
export type StorageEntry = readonly [key: string, value: Uint8Array];

/** Cookies by name, decoded. `maxAgeS` null: until the browser closes. */
export interface Cookies {
  get(name: string): string | undefined;
  set(name: string, value: string, maxAgeS: number | null): void;
  delete(name: string): void;
}

/** Carries one batch to the store. Rejects where nothing can be known of its fate. */
export interface Transport {
  /** @param last true where the page may vanish at once: the answer may never be read */
  send(batch: Uint8Array, last: boolean): Promise<TransportAnswer>;
}
export type TransportAnswer = {
  readonly status: number;
  /** All records up to this sequence number are durable (200 and 409). */
  readonly mark?: number;
  readonly retryAfterMs?: number;
};

export type HeedEvents = {
  /** A slot's decision is new or has changed. */
  readonly decision: Decision;
  /** A decision was counted as seen. */
  readonly exposure: Decision;
  /** Anything that went wrong; the page goes on. */
  readonly error: HeedProblem;
};

/** An error as data, as everywhere in heed. */
export type HeedProblem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where: string | number;
};

export type ErrorCode =
  | (typeof errorCodes)[number]
  // this package
  | 'malformed_state'
  | 'no_simd'
  | 'wasm_trap'
  | 'disposed';

/** A decision's whole reason (docs/formats/explain.md): what `heed explain --json` prints. */
export type Explanation = {
  readonly visitor: string;
  readonly slot: string;
  readonly now: TimeMs;
  readonly decision: Decision;
  /** Also where nobody won. */
  readonly microsegment: string;
  /** null where nobody won. */
  readonly margin: Margin | null;
  /** Who would have won, were there no caps; null: who won. */
  readonly suppressed: string | null;
  /** A visitor inside is held out; null: the site has none. */
  readonly programme_holdout: Bucket | null;
  /** The slot's triggers in the order in which they are asked. */
  readonly candidates: readonly Candidate[];
  /** What their conditions read, by name: `device`, `segment.parents`, `stage.purchase`, `now`. */
  readonly inputs: Readonly<Record<string, Explained>>;
  /** Why each segment that they read holds or does not, by name. */
  readonly segments: Readonly<Record<string, ExplainedSegment>>;
};
export type ExplainedSegment = {
  /** Its condition in the author's words, with a map. */
  readonly when?: string;
  readonly holds: boolean;
  /**
   * Where it holds, the tests of the first alternative that does, with a map; else of each the
   * first that fails.
   */
  readonly tests: readonly ExplainedTest[];
};
export type ExplainedTest = {
  readonly predicate: number;
  /** What the predicate says, with a map. */
  readonly test?: string;
  /** Left out where the predicate is computed from several. */
  readonly input?: string;
  readonly value?: Explained;
};
/** An input's value: a time or a duration in ms, null where it is absent. */
export type Explained = boolean | number | string | readonly string[] | null;
/** By how much the winner won. */
export type Margin = {
  /** `only`: nothing else was eligible; `name`: at like priority and value, by its name's bytes. */
  readonly by: 'only' | 'priority' | 'value' | 'name';
  readonly runner_up: string | null;
  /** The winner's less the runner-up's. */
  readonly priority: number | null;
  readonly value: number | null;
};
export type Candidate = {
  readonly trigger: string;
  /** `unmet`: its condition does not hold; `eligible`: another won; a reason: what stopped it. */
  readonly outcome: 'unmet' | 'eligible' | 'won' | Reason;
  readonly priority: number;
  /** In the visitor's microsegment. */
  readonly value: number;
  /** The condition in the author's words, with a map. */
  readonly when?: string;
  /**
   * Where unmet: of each alternative the test that its author wrote first of those that fail;
   * without a map all that fail, as compiled.
   */
  readonly failures: readonly ExplainedTest[];
  readonly cap: CapUse | null;
  readonly campaign_cap: CapUse | null;
  readonly programme_cap: CapUse | null;
  readonly consent_missing: boolean;
  readonly schedule: { readonly from: TimeMs | null; readonly until: TimeMs | null } | null;
  /** A visitor outside is not its; null: it joins no layer. */
  readonly layer: Bucket | null;
  /** A visitor inside is held out; null: it has none. */
  readonly holdout: Bucket | null;
  /** The option that each part draws, as if nobody were held out. */
  readonly parts: Readonly<Record<string, Bucket & { readonly option: string }>>;
};
/** Inside iff `from <= drawn < until`, all out of 2^32. */
export type Bucket = { readonly from: number; readonly until: number; readonly drawn: number };
/** What a cap allows, and what of it is used; a limit of 0 is none. */
export type CapUse = {
  /** Exposures in the cap's span. */
  readonly times: number;
  readonly times_max: number;
  readonly per_ms: number;
  /** Exposures in this session. */
  readonly session_times: number;
  readonly session_max: number;
  readonly cool_down_ms: number;
  /** The first limit that is reached. */
  readonly reached: 'times' | 'session' | 'cool_down' | null;
  /** Where one is: when it lets through again, if nothing happens until then. */
  readonly frees: TimeMs | null;
};
/** X.heedmap, parsed (docs/formats/heedmap.md): texts for an explanation. */
export type HeedMap = {
  readonly body: string;
  readonly tests: readonly { readonly predicate: number; readonly test: string }[];
  readonly triggers: Readonly<Record<string, MapCondition>>;
  readonly segments: Readonly<Record<string, MapCondition>>;
};
/** By alternative as written, the positions of its tests. */
export type MapCondition = {
  readonly when: string;
  readonly tests: readonly (readonly number[])[];
};

export type ConsentRules = {
  /** null: the site asks nobody, `default` holds. */
  readonly cookie: string | null;
  readonly default: Level;
  /** The most that Global Privacy Control leaves. */
  readonly gpc: Level;
  readonly grants: Readonly<Record<string, Level>>;
};

export type ValueType = 'bool' | 'number' | 'string' | 'set' | 'time';
export type SlotInfo = {
  readonly name: string;
  readonly channel: 'page' | 'email' | 'app' | 'popup';
  readonly fallback: string | null;
  readonly refresh: 'navigation' | 'live';
};
export type AttributeInfo = {
  readonly name: string;
  readonly type: ValueType;
  readonly source: 'request' | 'profile' | 'page';
};

/**
 * One opened ruleset in one wasm instance: any number of sessions, one thread. Hosts such as an
 * edge use it directly.
 */
export interface Runtime {
  readonly site: string;
  readonly version: number;
  readonly expires: TimeMs;
  /** XXH64 of the image, 16 hex digits: names the exact ruleset in a page's state. */
  readonly hash: string;
  readonly consent: ConsentRules;
  readonly slots: readonly SlotInfo[];
  readonly attributes: readonly AttributeInfo[];
  /**
   * @param options.visitor 1 to 128 bytes of UTF-8
   * @param options.view 16 hex digits; the unit of every draw while the level is none
   * @param options.snapshot what `save` gave; one that is not this visitor's or not whole is
   *   reported by `refused` and left
   */
  session(options: SessionOptions): Session;
  /**
   * Builds what makes decisions fast, a few milliseconds for thousands of triggers. Otherwise that
   * happens when the host is idle after the first decision, or before the seventeenth.
   */
  index(): void;
  /** What each part of a decision shows; empty where the slot keeps its fallback. */
  content(decision: Decision): Readonly<Record<string, PartContent>>;
  [Symbol.dispose](): void;
}
export type SessionOptions = {
  readonly visitor: string;
  readonly view: string;
  readonly level: Level;
  readonly now: TimeMs;
  readonly snapshot?: Uint8Array | undefined;
};

/** One visitor's session. Calls never throw: what is wrong comes back as a problem. */
export interface Session {
  /** XXH64 of the visitor's id under the site's seed, 16 hex digits. */
  readonly unit: string;
  /** Why the snapshot given was not taken, else null. */
  readonly refused: HeedProblem | null;
  /** The last trap of the module, else null: calls since have answered fallbacks. */
  readonly trapped: HeedProblem | null;
  /** Sets what it can and returns a problem for each of the rest. */
  set(values: Values, now: TimeMs): readonly HeedProblem[];
  observe(signal: string, fields: Values, now: TimeMs, id?: string): Observed;
  refund(signal: string, id: string, now: TimeMs): Observed;
  decide(slot: string, now: TimeMs): Decision;
  /** One decision for every slot, in slot order, slots without a winner included. */
  decideAll(now: TimeMs): readonly Decision[];
  /** The decisions of `decideAll` that name a trigger. */
  winners(now: TimeMs): readonly Decision[];
  /**
   * `winners` as numbers where they lie, eight words a winner: slot, trigger, probability (f64),
   * options (a byte a part), then part count, held out and reason a byte each, and a spare word.
   * Slots count as in `Runtime.slots`. Valid until the runtime's next call.
   */
  winnersTyped(now: TimeMs): Int32Array;
  expose(decision: Decision, now: TimeMs): 'counted' | 'repeated' | 'not_measured';
  /** @param map texts; one of another build is as if it were not given */
  explain(slot: string, now: TimeMs, map?: HeedMap): Explanation;
  beginView(view: string): void;
  setLevel(level: Level, now: TimeMs): void;
  /**
   * The canonical snapshot; empty while the level is none.
   *
   * @param sizeMax bytes; what is over is shed, oldest ids first; empty where that is not enough
   */
  save(sizeMax?: number): Uint8Array;
  /** Moves the records out, in order. */
  drain(): readonly PendingRecord[];
  [Symbol.dispose](): void;
}
export type Observed = 'counted' | 'repeated' | HeedProblem;

/** A record's worth when room is short, least first. */
export type RecordClass = 'signal' | 'exposure' | 'driver' | 'goal';
export type PendingRecord = { readonly priority: RecordClass; readonly bytes: Uint8Array };

/** Stands between a page and its session. */
export type Recorder = (
  session: WasmSession,
  runtime: WasmRuntime,
  options: SessionOptions,
) => WasmSession;

export type HeedOptions = {
  /** The compiled module; `createHeed` also takes its bytes. */
  readonly wasm: WebAssembly.Module;
  /** Verified, or on its way: until then slots answer what the edge embedded, else `unverified`. */
  readonly ruleset: VerifiedRuleset | PromiseLike<VerifiedRuleset>;
  /** Default: the cookie `heed_id`, else a new random id. */
  readonly visitor?: string;
  /** Default: the page's `heed-state` block, if any. */
  readonly state?: PageState | null;
  /** Fixed by the caller; default: what the ruleset's consent rules read from the cookie. */
  readonly consent?: Level;
  /** Default: the edge's time plus what has passed since. */
  readonly now?: Clock;
  /**
   * Default: IndexedDB where there is one, else memory. Opened at level `device` and above only.
   */
  readonly storage?: (site: string) => Storage;
  /** Default: the document's. */
  readonly cookies?: Cookies;
  /**
   * Default: POST to the state's `outcomes` path, else `/_heed/outcomes`. null: nothing is sent.
   */
  readonly transport?: Transport | null;
  /** What `recorder` of `heed/replay` makes: keeps a log of a sample of visitors. */
  readonly record?: Recorder;
  /** A session to go on from; default: the cookie `heed_s`. */
  readonly snapshot?: Uint8Array;
};

/**
 * At hand, on its way, or asked for when it is needed: at once, but on a page that an edge has
 * decided for a visitor who has not agreed to be counted, when it is loaded and painted, or in use.
 * Before that it would only be in the way.
 */
export type Given<T> = T | PromiseLike<T> | (() => T | PromiseLike<T>);

/** As HeedOptions, with bytes and keys in place of a verified ruleset. */
export type CreateOptions = Omit<HeedOptions, 'wasm' | 'ruleset'> & {
  readonly wasm: Given<WebAssembly.Module | BufferSource>;
  /** A signed `.heed` file. */
  readonly ruleset: Given<BufferSource | VerifiedRuleset>;
  /** Needed where `ruleset` is bytes. */
  readonly keys?: Keys;
  /** Refuses rulesets of any other site; default: the keyring's, else the page state's. */
  readonly site?: string;
};

export type VerifyOptions = {
  readonly keys: Keys;
  readonly site?: string | undefined;
  readonly now?: TimeMs;
  /** The highest version ever seen; older ones are refused. */
  readonly versionSeen?: number;
};

declare const verified: unique symbol;
/** A ruleset that `verifyRuleset` has accepted. Its bytes are nobody else's to change. */
export type VerifiedRuleset = {
  readonly [verified]: true;
  readonly version: number;
  readonly expires: TimeMs;
};

export type Flushed = {
  /** Records that the store has acknowledged since this page began. */
  readonly acknowledged: number;
  /** Records that still wait. */
  readonly pending: number;
  /** Records shed for lack of room, by class. */
  readonly dropped: Readonly<Record<RecordClass, number>>;
};

/** A ruleset's names, as the module that `heed types` writes gives them. */
export type Names = {
  readonly attributes: object;
  readonly signals: object;
  readonly slots: object;
};
/** Where no types were generated every name goes. */
export type AnyNames = {
  readonly attributes: Values;
  readonly signals: Readonly<Record<string, Values>>;
  readonly slots: Readonly<Record<string, Readonly<Record<string, string>>>>;
};
type Key<T> = keyof T & string;

/**
 * One visitor in one page or request. No call throws; problems arrive as `error` events.
 *
 * `createHeed<{ attributes: Attributes; signals: Signals; slots: Slots }>`, with the types that
 * `heed types` writes, lets the compiler check every name.
 */
export interface Heed<N extends Names = AnyNames> {
  /**
   * Resolves when decisions come from the verified ruleset; rejects with a HeedError where it is
   * refused.
   */
  readonly ready: Promise<void>;
  /** This page view, 16 hex digits. */
  readonly view: string;
  readonly level: Level;
  set(values: N['attributes']): void;
  /** @returns false where the signal's id has been seen before, or the signal was refused */
  observe<S extends Key<N['signals']>>(
    signal: S,
    fields?: N['signals'][S],
    options?: { readonly id?: string },
  ): boolean;
  /** Takes back what the signal with this id counted, once. */
  refund(signal: Key<N['signals']>, id: string): boolean;
  decide<S extends Key<N['slots']>>(
    slot: S,
  ): Decision & { readonly options: Readonly<N['slots'][S]> };
  decideAll(): readonly Decision[];
  /**
   * The decisions of `decideAll` that name a trigger: what a page with thousands of slots asks for.
   */
  winners(): readonly Decision[];
  content(decision: Decision): Readonly<Record<string, PartContent>>;
  /** Counts that the decision was seen. @returns false where it was before, or is not measured */
  expose(decision: Decision): boolean;
  /** @param map the ruleset's X.heedmap, parsed: adds the author's words */
  explain(slot: Key<N['slots']>, map?: HeedMap): Explanation;
  /** Fills `data-heed-slot` elements that the edge has not, and exposes what comes into view. */
  bind(root: Document | Element): () => void;
  on<E extends keyof HeedEvents>(event: E, listener: (value: HeedEvents[E]) => void): () => void;
  /** The session's canonical snapshot; null while the level is none. */
  snapshot(): Uint8Array | null;
  setConsent(level: Level): void;
  /** Erases everything this device knows of the visitor; the level becomes none. */
  forget(): Promise<void>;
  /** Sends what waits, and says how the books stand. */
  flush(): Promise<Flushed>;
  [Symbol.dispose](): void;
}
