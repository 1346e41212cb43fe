// Says why instead of showing: a preview link with `heed_explain` answers the reasons of its page's
// decisions as JSON (docs/formats/explain.md).
import type { HeedMap, Runtime, Session } from 'heed';

import { previewParameter } from './preview.js';

export const explainParameter = 'heed_explain';

export const asksWhy = (url: URL): boolean =>
  url.searchParams.has(explainParameter) && url.searchParams.has(previewParameter);

const noStore = { 'cache-control': 'no-store' };

export const whyRefused = (status: number, code: string, message: string): Response =>
  Response.json(
    { error: { code, message, where: explainParameter } },
    { status, headers: noStore },
  );

/**
 * The slots that the address names, comma-separated; all where it names none.
 *
 * @param map  the author's words, where they are at hand; another ruleset's are left out
 */
export function why(
  url: URL,
  runtime: Runtime,
  session: Session,
  now: number,
  map: HeedMap | undefined,
): Response {
  const asked = url.searchParams.get(explainParameter)?.split(',').filter(Boolean) ?? [];
  const all = runtime.slots.map(({ name }) => name);
  const unknown = asked.find((slot) => !all.includes(slot));
  if (unknown !== undefined) {
    return whyRefused(404, 'unknown_slot', `the ruleset has no slot '${unknown}'`);
  }
  const slots = asked.length > 0 ? asked : all;
  const { hash, version } = runtime;
  const explanations = slots.map((slot) => session.explain(slot, now, map));
  return Response.json(
    { hash, version, explanations },
    { headers: { ...noStore, 'x-heed': `ok; v=${version}; slots=${slots.length}; preview` } },
  );
}
