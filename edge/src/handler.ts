// What happens to a request: pages in `match` are decided and rewritten, everything else passes.
// Whatever goes wrong on heed's side, the visitor gets the page as the site made it.
import type { Decision, HeedMap, Level, RequestSignal, Session } from 'heed';

import { type Geo, requestAttributes } from './attributes.js';
import { isKnownBot } from './bots.js';
import {
  confirmPage,
  pixel,
  randomHex,
  randomVisitor,
  sealConfirmation,
  shownOf,
} from './confirm.js';
import { consentLevel } from './consent.js';
import {
  type CookieJar,
  deleteCookie,
  readCookies,
  setVisitor,
  snapshotCookie,
  snapshotOf,
  toBase64url,
  visitorCookie,
  visitorOf,
} from './cookies.js';
import { asksWhy, why, whyRefused } from './explain.js';
import { codeOf, Fault } from './fault.js';
import { compileMatch, type Match } from './match.js';
import { type Context, type EdgeSignal, type Options, type Values, valueFrom } from './options.js';
import { forwardOutcomes, forwardReplay, outcomesPath, refuse, type Store } from './outcomes.js';
import { bypass, mayBePage, pageHeaders, pageRequest, readable } from './page.js';
import {
  fixDecision,
  nextPreview,
  type Preview,
  previewAttributes,
  previewParameter,
  readPreview,
} from './preview.js';
import { type Rewriter, rewritePage } from './rewrite.js';
import { type Loaded, RulesetSource } from './ruleset_source.js';
import { signTicket } from './sign.js';
import {
  confirmMarkup,
  pageDecisions,
  requestSignals,
  stateBytesMax,
  stateJson,
  stateMarkup,
} from './state.js';

/** What an adapter tells of its CDN. */
export type Host = {
  readonly geo: (request: Request) => Geo;
  readonly rewriter: () => Rewriter;
};

export interface Handler<Env> {
  fetch(request: Request, env: Env, context: Context): Promise<Response>;
}

const budgetMsDefault = 20;

/** What a page needs before it can be decided; all of it may have to be waited for. */
type Ground = {
  readonly loaded: Loaded;
  readonly facts: Values;
  readonly given: readonly EdgeSignal[];
  readonly preview: Preview | undefined;
};
type Prepared =
  { readonly ground: Ground; readonly elapsedMs: number } | { readonly reason: string };

/** Who a page is for, as far as the request may say. */
type Visit = {
  readonly visitor: string;
  readonly view: string;
  readonly level: Level;
  readonly now: number;
  readonly jar: CookieJar;
  readonly preview: boolean;
};

type Decided = {
  readonly decisions: readonly Decision[];
  readonly signals: readonly RequestSignal[];
  readonly unit: string;
  readonly told: Values;
};

/** Makes a site's handler for one host. */
export function createHandler<Env>(host: Host, options: Options<Env>): Handler<Env> {
  return new Edge(host, options);
}

class Edge<Env> implements Handler<Env> {
  readonly #host: Host;
  readonly #options: Options<Env>;
  readonly #match: Match;
  readonly #source: RulesetSource<Env>;

  constructor(host: Host, options: Options<Env>) {
    this.#host = host;
    this.#options = options;
    this.#match = compileMatch(options.match);
    this.#source = new RulesetSource(options);
  }

  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith('/_heed/')) return this.#own(url, request, env, context);
    const next = mayBePage(request) && nextPreview(request, url);
    if (next) return goOn(next);
    if (!mayBePage(request) || !this.#match(url)) return this.#origin(request, env);
    if (isKnownBot(request.headers)) {
      const response = await this.#origin(request, env);
      return readable(response) === 'other' ? response : bypass(response, 'bot');
    }
    if (asksWhy(url)) return this.#why(url, request, env, context);
    return this.#page(request, env, context);
  }

  /** No page is at stake: what goes wrong is said. */
  async #why(url: URL, request: Request, env: Env, context: Context): Promise<Response> {
    try {
      const ground = await this.#ground(request, env, context);
      const map = await this.#map(env);
      const visit = this.#visit(request, env, ground);
      const opened = openSession(request, this.#host.geo(request), ground, visit);
      using session = opened.session;
      const answer = why(url, ground.loaded.runtime, session, visit.now, map);
      if (session.trapped) throw new Fault('wasm_trap', session.trapped.message);
      return answer;
    } catch (error) {
      const reason = this.#failed(error);
      return reason === 'bad_preview'
        ? whyRefused(403, reason, 'the preview link is forged, expired or of another site')
        : whyRefused(503, reason, `there is nothing to explain: ${reason}`);
    }
  }

  /** Words are welcome, not needed. */
  async #map(env: Env): Promise<HeedMap | undefined> {
    try {
      return await this.#options.map?.(env);
    } catch (error) {
      console.error('heed: the map cannot be had', error);
      return undefined;
    }
  }

  async #page(request: Request, env: Env, context: Context): Promise<Response> {
    const prepared = this.#prepare(request, env, context);
    const response = await this.#origin(pageRequest(request), env);
    const kind = readable(response);
    if (kind === 'other') return response;
    if (kind !== 'page') return bypass(response, kind);
    const ready = await prepared;
    if ('reason' in ready) return bypass(response, ready.reason);
    try {
      return await this.#personalised(request, response, env, ready.ground, ready.elapsedMs);
    } catch (error) {
      return bypass(response, this.#failed(error));
    }
  }

  #origin(request: Request, env: Env): Response | Promise<Response> {
    return this.#options.origin ? this.#options.origin(request, env) : fetch(request);
  }

  /** Gathers what deciding needs, within the budget; never rejects. */
  async #prepare(request: Request, env: Env, context: Context): Promise<Prepared> {
    const start = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const budget = this.#options.budgetMs ?? budgetMsDefault;
      timer = setTimeout(() => reject(new Fault('timeout')), budget);
    });
    try {
      const ground = await Promise.race([this.#ground(request, env, context), late]);
      return { ground, elapsedMs: performance.now() - start };
    } catch (error) {
      return { reason: this.#failed(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #ground(request: Request, env: Env, context: Context): Promise<Ground> {
    const [loaded, facts, given, preview] = await Promise.all([
      this.#source.current(env, context),
      this.#options.attributes?.(request, env) ?? {},
      this.#options.signals?.(request, env) ?? [],
      this.#preview(request, env),
    ]);
    return { loaded, facts, given, preview };
  }

  async #preview(request: Request, env: Env): Promise<Preview | undefined> {
    const token = new URL(request.url).searchParams.get(previewParameter);
    if (token === null) return undefined;
    const key = valueFrom(this.#options.previewKey, env);
    const preview = key && (await readPreview(key, token, this.#options.site, Date.now()));
    if (!preview) throw new Fault('bad_preview');
    return preview;
  }

  async #personalised(
    request: Request,
    response: Response,
    env: Env,
    ground: Ground,
    elapsedMs: number,
  ): Promise<Response> {
    const start = performance.now();
    const { runtime } = ground.loaded;
    const visit = this.#visit(request, env, ground);
    const decided = decide(request, this.#host.geo(request), ground, visit);
    const { signals } = decided;
    const decisions = pageDecisions(runtime, decided.decisions);
    const won = decisions.filter(({ trigger }) => trigger !== null);
    const counted = visit.level !== 'none' && !visit.preview;
    const secret = valueFrom(this.#options.ticketKey, env);
    const issue = counted && this.#store(env) && secret;
    const ticket = issue ? await signTicket(issue, runtime.site, decided.unit, Date.now()) : '';
    const { view, preview } = visit;
    const outcomes = this.#store(env) && !preview ? outcomesPath : '';
    const state = stateJson({ runtime, view, signals, decisions, outcomes, ticket, preview });
    if (state.length > stateBytesMax) throw new Fault('oversize');
    const confirmation = { ruleset: runtime.hash, signals, decisions, ticket };
    const confirmed = counted && decisions.length + signals.length > 0;
    const confirm = confirmed && (await sealConfirmation(secret, confirmation));
    const durationMs = performance.now() - start;
    if (elapsedMs + durationMs > (this.#options.budgetMs ?? budgetMsDefault)) {
      throw new Fault('timeout');
    }
    const headers = pageHeaders(response.headers, {
      cookies: preview ? [] : visitorCookies(visit),
      serverTiming: serverTiming(durationMs, visit.now, decided.told),
      heed: `ok; v=${runtime.version}; slots=${won.length}${preview ? '; preview' : ''}`,
      preview,
    });
    const slots = new Map(won.map((decision) => [decision.slot, runtime.content(decision)]));
    const page = new Response(response.body, { status: 200, headers });
    const tail = (seen: ReadonlySet<string>) => {
      const shown = shownOf(decisions, seen);
      const isWorth = shown || signals.length > 0;
      return stateMarkup(state) + (confirm && isWorth ? confirmMarkup(view, confirm, shown) : '');
    };
    return rewritePage(this.#host.rewriter(), page, { slots, tail, pageUrl: request.url, preview });
  }

  #visit(request: Request, env: Env, { loaded, preview }: Ground): Visit {
    const jar = readCookies(request.headers.get('cookie'));
    const view = randomHex();
    if (preview) {
      const { visitor, now } = preview;
      return { visitor, view, level: 'session', now, jar: new Map(), preview: true };
    }
    const level = consentLevel(loaded.runtime.consent, jar, request.headers);
    const known = level === 'none' ? undefined : visitorOf(jar);
    const now = this.#options.now?.(request, env) ?? Date.now();
    return { visitor: known ?? randomVisitor(), view, level, now, jar, preview: false };
  }

  #store(env: Env): Store | undefined {
    return this.#sink(valueFrom(this.#options.outcomes, env), env);
  }

  #sink(url: string | undefined, env: Env): Store | undefined {
    return url ? { url, key: valueFrom(this.#options.ingestKey, env) } : undefined;
  }

  /** @returns the reason to say; a spoilt instance is replaced for the next page */
  #failed(error: unknown): string {
    const reason = codeOf(error);
    if (reason === 'error') console.error('heed: page left untouched:', error);
    if (reason === 'wasm_trap') this.#source.reopen();
    return reason;
  }

  /** A ticket for the visitor of a request's cookies, "" where they allow none. */
  async #lateTicket(request: Request, env: Env, context: Context): Promise<string> {
    const secret = valueFrom(this.#options.ticketKey, env);
    const jar = readCookies(request.headers.get('cookie'));
    const visitor = visitorOf(jar);
    if (!secret || !visitor) return '';
    const { runtime } = await this.#source.current(env, context);
    const level = consentLevel(runtime.consent, jar, request.headers);
    if (level === 'none') return '';
    using session = runtime.session({ visitor, view: randomHex(), level, now: Date.now() });
    return signTicket(secret, runtime.site, session.unit, Date.now());
  }

  /** Whether the visitor of a request's cookies may be kept at all. */
  async #consents(request: Request, env: Env, context: Context): Promise<boolean> {
    const jar = readCookies(request.headers.get('cookie'));
    const { runtime } = await this.#source.current(env, context);
    const level = consentLevel(runtime.consent, jar, request.headers);
    return level !== 'none' && visitorOf(jar) !== undefined;
  }

  /** heed's own addresses. */
  async #own(url: URL, request: Request, env: Env, context: Context): Promise<Response> {
    if (url.pathname === outcomesPath) {
      const ticket = () => this.#lateTicket(request, env, context).catch(() => '');
      return forwardOutcomes(request, this.#store(env), ticket);
    }
    if (url.pathname === '/_heed/replay') {
      const sink = this.#sink(valueFrom(this.#options.replay, env), env);
      return forwardReplay(request, sink, () => this.#consents(request, env, context));
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(405, 'wrong_method', `${url.pathname} is read with GET`, {
        allow: 'GET, HEAD',
      });
    }
    if (url.pathname === '/_heed/confirm') return this.#confirm(request, env, context);
    const immutable = { 'cache-control': 'public, max-age=31536000, immutable' };
    if (url.pathname === '/_heed/heed.wasm' && this.#options.wasmBytes) {
      const headers = {
        'content-type': 'application/wasm',
        'cache-control': 'public, max-age=3600',
      };
      return new Response(this.#options.wasmBytes, { headers });
    }
    const hash = /^\/_heed\/ruleset\/([0-9a-f]{16})$/.exec(url.pathname)?.[1];
    const loaded = hash && (await this.#source.byHash(hash, env, context).catch(() => undefined));
    if (!loaded) return refuse(404, 'not_found', `nothing is kept at ${url.pathname}`);
    const headers = { 'content-type': 'application/vnd.heed.ruleset', ...immutable };
    return new Response(loaded.file, { headers });
  }

  async #confirm(request: Request, env: Env, context: Context): Promise<Response> {
    const { cookies, send } = await confirmPage(request, {
      secret: valueFrom(this.#options.ticketKey, env),
      store: this.#store(env),
      now: this.#options.now?.(request, env) ?? Date.now(),
      byHash: (hash) => this.#source.byHash(hash, env, context),
    }).catch(() => ({ cookies: [], send: undefined }));
    if (send) context.waitUntil(send());
    const headers = new Headers({ 'content-type': 'image/gif', 'cache-control': 'no-store' });
    for (const cookie of cookies) headers.append('set-cookie', cookie);
    return new Response(pixel, { headers });
  }
}

/** Leads on with the preview; no cache may do so for anybody else. */
const goOn = (location: string): Response =>
  new Response(null, { status: 302, headers: { location, 'cache-control': 'private, no-store' } });

/** A session that knows what the request and the host tell of one visit. */
function openSession(
  request: Request,
  geo: Geo,
  { loaded, facts, given, preview }: Ground,
  visit: Visit,
): {
  readonly session: Session;
  readonly signals: readonly RequestSignal[];
  readonly told: Values;
} {
  const { runtime } = loaded;
  const { visitor, view, level, now, jar } = visit;
  const session = runtime.session({ visitor, view, level, now, snapshot: snapshotOf(jar) });
  const told = requestAttributes(runtime.attributes, request, geo, jar);
  session.set(told, now);
  session.set(declaredOnly(runtime.attributes, facts), now);
  const fixed = preview ? previewAttributes(runtime, preview) : {};
  session.set(fixed, now);
  const signals = visit.preview ? [] : requestSignals(view, given);
  for (const { signal, fields, id } of signals) session.observe(signal, fields, now, id);
  return { session, signals, told: { ...told, ...fixed } };
}

/** Decides every slot for one visit. */
function decide(request: Request, geo: Geo, ground: Ground, visit: Visit): Decided {
  const { session: opened, signals, told } = openSession(request, geo, ground, visit);
  using session = opened;
  const { preview } = ground;
  const { runtime } = ground.loaded;
  const own = session.decideAll(visit.now);
  if (session.trapped) throw new Fault('wasm_trap', session.trapped.message);
  const decisions = preview ? fixDecision(runtime, preview, own) : own;
  if (!decisions) throw new Fault('bad_preview');
  return { decisions, signals, unit: session.unit, told };
}

function declaredOnly(declared: readonly { readonly name: string }[], values: Values): Values {
  const known = declared.filter(({ name }) => Object.hasOwn(values, name));
  return Object.fromEntries(known.map(({ name }) => [name, values[name]]));
}

function visitorCookies({ visitor, level, jar }: Visit): readonly string[] {
  if (level !== 'none') return [setVisitor(visitor, level)];
  return [visitorCookie, snapshotCookie].filter((name) => jar.has(name)).map(deleteCookie);
}

/** @source docs/formats/page.md, "Clock and request" */
function serverTiming(durationMs: number, now: number, told: Values): string {
  const json = toBase64url(new TextEncoder().encode(JSON.stringify(told)));
  const heed = `heed;dur=${Math.round(durationMs * 1000) / 1000}`;
  return `${heed}, heed-now;desc="${now}", heed-request;desc="${json}"`;
}
