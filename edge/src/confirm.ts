// The <noscript> image: a page without script was shown, so the edge counts its exposures and,
// being the only one who can, keeps the session.
import { type Decision, encodeBatch, type Level, type RequestSignal } from 'heed';

import { consentLevel } from './consent.js';
import {
  type Bytes,
  marksOf,
  readCookies,
  setSnapshot,
  setVisitor,
  snapshotOf,
  snapshotSizeMax,
  toBase64url,
  visitorOf,
} from './cookies.js';
import { codeOf } from './fault.js';
import { batchType, sendToStore, type Store } from './outcomes.js';
import type { Loaded } from './ruleset_source.js';
import { seal, unseal } from './sign.js';

const purpose = 'heed-confirm';
/** Where no ticket key is set, a confirmation is worth what any browser's batch is worth. */
const openSecret = 'heed';

/** What the image's address carries of the page that it confirms. */
type Confirmation = {
  readonly ruleset: string;
  readonly signals: readonly RequestSignal[];
  readonly decisions: readonly Decision[];
  readonly ticket: string;
};

export const sealConfirmation = (secret: string | undefined, what: Confirmation) =>
  seal(secret ?? openSecret, purpose, { ...what, decisions: what.decisions.map(whole) });

/** A decision with every key its own: what it inherits would not travel. */
const whole = (decision: Decision): Decision => ({
  slot: decision.slot,
  trigger: decision.trigger,
  held_out: decision.held_out,
  variant: decision.variant,
  options: decision.options,
  probability: decision.probability,
  microsegment: decision.microsegment,
  reason: decision.reason,
});

/** The positions, within a page's decisions, of the slots that the page turned out to have. */
export const shownOf = (decisions: readonly Decision[], slots: ReadonlySet<string>): string =>
  decisions.flatMap(({ slot }, at) => (slots.has(slot) ? [at] : [])).join('.');

export type Confirmed = {
  readonly cookies: readonly string[];
  /** Sends what was counted; undefined where nothing was. */
  readonly send: (() => Promise<unknown>) | undefined;
};
const nothing: Confirmed = { cookies: [], send: undefined };

export type ConfirmServices = {
  readonly secret: string | undefined;
  readonly store: Store | undefined;
  readonly now: number;
  readonly byHash: (hash: string) => Promise<Loaded | undefined>;
};

/** Counts the exposures of a page without script; whatever does not add up counts nothing. */
export async function confirmPage(request: Request, services: ConfirmServices): Promise<Confirmed> {
  const { searchParams } = new URL(request.url);
  const view = searchParams.get('v') ?? '';
  const sealed = searchParams.get('s') ?? '';
  const what = await unseal(services.secret ?? openSecret, purpose, sealed);
  if (!isConfirmation(what) || !/^[0-9a-f]{16}$/.test(view)) return nothing;
  const jar = readCookies(request.headers.get('cookie'));
  const visitor = visitorOf(jar);
  const loaded = visitor && (await services.byHash(what.ruleset));
  if (!visitor || !loaded) return nothing;
  const level = consentLevel(loaded.runtime.consent, jar, request.headers);
  if (level === 'none') return nothing;
  const snapshot = snapshotOf(jar);
  const shown = new Set((searchParams.get('d') ?? '').split('.'));
  const decisions = what.decisions.filter((_, at) => shown.has(String(at)));
  const { signals, ticket } = what;
  const shownPage = { view, visitor, level, snapshot, signals, decisions, ticket };
  return count({ ...shownPage, marks: marksOf(jar) }, loaded, services);
}

type Shown = {
  readonly view: string;
  readonly visitor: string;
  readonly level: Exclude<Level, 'none'>;
  readonly snapshot: Uint8Array | undefined;
  readonly marks: string;
  readonly signals: readonly RequestSignal[];
  readonly decisions: readonly Decision[];
  readonly ticket: string;
};

function count(shown: Shown, { runtime }: Loaded, services: ConfirmServices): Confirmed {
  const { view, visitor, level, snapshot, marks, signals, decisions, ticket } = shown;
  const { store, now } = services;
  try {
    using session = runtime.session({ visitor, view, level, now, snapshot });
    for (const { signal, fields, id } of signals) session.observe(signal, fields, now, id);
    for (const decision of decisions) session.expose(decision, now);
    const records = session.drain();
    const kept = setSnapshot(session.save(snapshotSizeMax(marks)), marks, level);
    const cookies = [setVisitor(visitor, level), ...(kept ? [kept] : [])];
    if (!store || records.length === 0) return { cookies, send: undefined };
    const head = { device: randomHex(), epoch: randomHex(), first: 1, sent: Date.now(), ticket };
    const batch = encodeBatch(
      head,
      records.map(({ bytes }) => bytes),
    );
    return { cookies, send: () => sendTwice(store, batch) };
  } catch (error) {
    console.error(`heed: a page without script was not counted: ${codeOf(error)}`);
    return nothing;
  }
}

/** The store counts a repeated batch once, so a lost answer is no reason not to try again. */
async function sendTwice(store: Store, batch: Bytes): Promise<void> {
  const first = await sendToStore(store, batch, batchType);
  await first.body?.cancel();
  if (first.status < 500 && first.status !== 429) return;
  const waitS = Math.min(Number(first.headers.get('retry-after')) || 1, 10);
  await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
  await (await sendToStore(store, batch, batchType)).body?.cancel();
}

function isConfirmation(value: unknown): value is Confirmation {
  if (typeof value !== 'object' || value === null) return false;
  const { ruleset, signals, decisions, ticket } = value as Record<string, unknown>;
  const texts = typeof ruleset === 'string' && typeof ticket === 'string';
  return texts && Array.isArray(signals) && Array.isArray(decisions);
}

/** 64 random bits as 16 hex digits. */
export function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A new visitor's id: 16 random bytes as 22 characters. */
export const randomVisitor = (): string => toBase64url(crypto.getRandomValues(new Uint8Array(16)));

/** The smallest transparent GIF. */
export const pixel = Uint8Array.from(
  atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'),
  (character) => character.charCodeAt(0),
);
