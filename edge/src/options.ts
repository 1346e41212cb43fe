// What a site tells the edge.
import type { HeedMap, Keys, Value } from 'heed';

import type { Bytes } from './cookies.js';

export type Values = Readonly<Record<string, Value>>;
/** A value, or where a worker's environment has it. */
export type From<Env, T> = T | ((env: Env) => T);

/** What outlives one isolate, such as a KV namespace; all of it may be lost at any time. */
export interface Memory {
  get(key: string): Promise<Bytes | null>;
  put(key: string, bytes: Bytes): Promise<unknown>;
}

export type EdgeSignal = {
  readonly signal: string;
  readonly fields?: Values;
  /** Counts once for the visitor; default: of this page view, so that a reload counts again. */
  readonly id?: string;
};

export type Options<Env> = {
  /** The compiled heed.wasm. */
  readonly wasm: WebAssembly.Module;
  /** heed.wasm as bytes, served at /_heed/heed.wasm; without it the site hosts the module. */
  readonly wasmBytes?: ArrayBuffer | Bytes;
  /** Base64url public keys or a keyring: whose rulesets count. */
  readonly keys: From<Env, Keys>;
  readonly site: string;
  /** Addresses that are personalised, in URLPattern's syntax: `/`, `/c/*`. */
  readonly match: readonly string[];
  /** The most that heed may add to a page, in ms; past it the page is left alone. Default 20. */
  readonly budgetMs?: number;
  /** Where the signed ruleset is, or the signed bytes themselves. */
  readonly ruleset: string | ((env: Env) => BufferSource | Promise<BufferSource>);
  /** The ruleset's .heedmap, parsed: a preview link's reasons are in the author's words then. */
  readonly map?: (env: Env) => HeedMap | Promise<HeedMap>;
  /** How old a ruleset may grow before it is asked for again behind a page. Default 60,000. */
  readonly refreshMs?: number;
  /** The store's address for batches; without it nothing is counted. */
  readonly outcomes?: From<Env, string | undefined>;
  /** The store's key for batches. */
  readonly ingestKey?: From<Env, string | undefined>;
  /** Where chunks of replay logs go, with the same key; without it no page's log is taken. */
  readonly replay?: From<Env, string | undefined>;
  /** Signs tickets; the store is started with the same. */
  readonly ticketKey?: From<Env, string | undefined>;
  /** Checks preview links; without it there are none. */
  readonly previewKey?: From<Env, string | undefined>;
  /** Remembers versions between isolates: the newest seen, and earlier ones until pages expire. */
  readonly memory?: (env: Env) => Memory;
  /** Fetches the page. Default: the request as it is. */
  readonly origin?: (request: Request, env: Env) => Response | Promise<Response>;
  /** Facts of the visitor's profile, and attributes that only the host can know. */
  readonly attributes?: (request: Request, env: Env) => Values | Promise<Values>;
  /**
   * What the request itself is, such as the click on an advertisement that led to it. The page's
   * decisions know of it; the page, which owns the visitor's state, counts it. At most 16.
   */
  readonly signals?: (
    request: Request,
    env: Env,
  ) => readonly EdgeSignal[] | Promise<readonly EdgeSignal[]>;
  /** The time that pages are decided for, in ms since 1970 UTC. Only demos and tests set it. */
  readonly now?: (request: Request, env: Env) => number;
};

export const valueFrom = <Env, T>(from: From<Env, T>, env: Env): T =>
  typeof from === 'function' ? (from as (env: Env) => T)(env) : from;

/** What a host gives beside the request. */
export interface Context {
  waitUntil(work: Promise<unknown>): void;
}
