// What callers pass, looked at before anything is done with it: TypeScript's callers cannot pass
// another, JavaScript's can.
import { levels } from './abi.ts';
import { utf8 } from './bytes.ts';
import { HeedError } from './errors.ts';
import { isState } from './page.ts';

/**
 * By call, what it takes: a name and its kind, with a question mark where there may be none. The
 * module, the ruleset and the keys are looked at where they are opened.
 */
const takes = {
  createHeed:
    'now?function;visitor?1 to 128 bytes;site?string;state?what parseState answers;' +
    'consent?none, session, device or account;storage?function;cookies?object with set;' +
    'transport?object with send;record?function;snapshot?Uint8Array',
  verifyRuleset: 'site?string;now?number;versionSeen?finite number',
  session:
    'visitor:1 to 128 bytes;view:string;level:none, session, device or account;' +
    'now:finite number;snapshot?Uint8Array',
  set: 'values:object',
  observe: 'signal:string;fields:object;id:string',
  refund: 'signal:string;id:string',
  expose: 'decision:object',
  setConsent: 'level:none, session, device or account',
  bind: 'root:object with querySelectorAll',
  on: 'listener:function',
  consentLevel: 'grants:object',
};
export type Call = keyof typeof takes;

export const isLevel = (it: unknown): boolean => (levels as readonly unknown[]).includes(it);
const visitorSizeMax = 128; // bytes
/** Kinds that neither `typeof` nor a method tells. */
const kinds: Record<string, (it: unknown) => boolean> = {
  '1 to 128 bytes': (it) =>
    typeof it === 'string' && it !== '' && utf8(it).length <= visitorSizeMax,
  'none, session, device or account': isLevel,
  'what parseState answers': isState,
  // Also another frame's or worker context's, which is no instance of this one's.
  Uint8Array: (it) => (it as Uint8Array)[Symbol.toStringTag] === 'Uint8Array',
  'finite number': Number.isFinite,
};
const methodAt = 'object with '.length;
const is = (it: unknown, kind: string): boolean =>
  kinds[kind]?.(it) ??
  (typeof it === kind ||
    typeof (it as Record<string, unknown>)[kind.slice(methodAt)] === 'function');

/** As `wrong` reads it. */
const read = new Map(
  Object.entries(takes).map(([call, list]) => [
    call,
    list.split(';').map((it) => it.split(/([?:])/) as [name: string, mark: string, kind: string]),
  ]),
);

/** The first that is not what the call takes. */
export function wrong(call: Call, given: object): HeedError | undefined {
  for (const [name, mark, kind] of read.get(call)!) {
    const it = (given as Record<string, unknown> | undefined)?.[name];
    if ((it ?? null) === null ? mark === ':' : !is(it, kind))
      return new HeedError(
        name === 'visitor' ? 'bad_visitor' : 'wrong_type',
        `${call}: pass ${name} as ${kind}, not ${typeof it}`,
        name,
      );
  }
  return undefined;
}

/** As `wrong`, for calls that throw. */
export function check(call: Call, given: object): void {
  const error = wrong(call, given);
  if (error) throw error;
}
