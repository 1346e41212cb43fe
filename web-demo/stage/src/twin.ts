// A session beside the page's own, made of the same ruleset, cookie and request: it can be asked
// "what if", and it answers where the page runs no script. Nothing that it is told reaches anyone.
import {
  consentLevel,
  createRuntime,
  type Explanation,
  type HeedMap,
  type Level,
  type Runtime,
  type Session,
  type Values,
  verifyRuleset,
} from 'heed';

import { arrive, pageAttributes } from '../../shop/arrive.mjs';
import { cookies, fromBase64url, type Visit } from './frame.ts';

export type What = { readonly values: Values; readonly laterMs: number };
export const asItIs: What = { values: {}, laterMs: 0 };

const cookieOf = (name: string): string | undefined =>
  cookies().find((cookie) => cookie.name === name)?.value;

export class Twin {
  readonly runtime: Runtime;
  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  static async open(hash: string, keys: readonly string[], site: string): Promise<Twin> {
    const [wasm, bytes] = await Promise.all([
      WebAssembly.compileStreaming(fetch('/_heed/heed.wasm')),
      fetch(`/_heed/ruleset/${hash}`).then((answer) => answer.arrayBuffer()),
    ]);
    const ruleset = await verifyRuleset(bytes, { keys, site });
    return new Twin(createRuntime({ wasm, ruleset }));
  }

  /** What the visitor's cookie grants. */
  level(): Level {
    const { consent } = this.runtime;
    const given = consent.cookie === null ? undefined : cookieOf(consent.cookie);
    return consentLevel(consent, given, false);
  }

  /** Where a visit stands, with what is asked; the caller disposes of it. */
  session(visit: Visit, what: What): { session: Session; now: number } {
    const level = this.level();
    const then = visit.edgeNow;
    const view = visit.state?.view ?? '0000000000000001';
    const known = level === 'none' ? undefined : cookieOf('heed_s');
    const snapshot = known ? fromBase64url(known.split('.')[0]!) : undefined;
    const visitor = cookieOf('heed_id') ?? 'somebody-new';
    const session = this.runtime.session({ visitor, view, level, now: then, snapshot });
    const now = Math.max(then, Date.now()) + what.laterMs;
    session.set(visit.request as Values, then);
    session.set(pageAttributes(visit.facts) as Values, then);
    // What a page says on arrival is in the cookie, where there is one.
    if (!snapshot?.length) {
      const told = {
        observe: (name: string, fields: object = {}, options: { id?: string } = {}) =>
          session.observe(name, fields as Values, then, options.id) === 'counted',
        refund: (name: string, id: string) => session.refund(name, id, then) === 'counted',
      };
      arrive(told, visit.facts);
    }
    if (Object.keys(what.values).length > 0) session.set(what.values, now);
    return { session, now };
  }

  explain(visit: Visit, slot: string, map: HeedMap | undefined, what: What): Explanation {
    const { session, now } = this.session(visit, what);
    try {
      return session.explain(slot, now, map);
    } finally {
      session[Symbol.dispose]();
    }
  }

  /** @returns microseconds a decision takes in this browser, after a change, on average */
  decisionUs(visit: Visit, count = 4000): number {
    const { session, now } = this.session(visit, asItIs);
    this.runtime.index();
    const slots = this.runtime.slots.map(({ name }) => name);
    const play = (times: number) => {
      for (let i = 0; i < times; i++) {
        session.set({ cart_value: i % 90 }, now);
        session.decide(slots[i % slots.length]!, now);
      }
    };
    play(400);
    const start = performance.now();
    play(count);
    const us = ((performance.now() - start) * 1000) / count;
    session[Symbol.dispose]();
    return us;
  }
}
