// The data block by which a page starts from the edge's decisions (docs/formats/page.md).
import type { Decision, RequestSignal, Runtime } from 'heed';

import type { EdgeSignal } from './options.js';

/** The largest state a page is given; more means the page is left alone. */
export const stateBytesMax = 64 * 1024;

export type PageFacts = {
  readonly runtime: Runtime;
  readonly view: string;
  readonly signals: readonly RequestSignal[];
  readonly decisions: readonly Decision[];
  readonly outcomes: string;
  readonly ticket: string;
  readonly preview: boolean;
};

/** The decisions of `runtime` that a page can show or count: won or held back, in its slots. */
export function pageDecisions(runtime: Runtime, decisions: readonly Decision[]) {
  const channels = new Map(runtime.slots.map((slot) => [slot.name, slot.channel]));
  return decisions.filter(({ slot, trigger, reason }) => {
    const channel = channels.get(slot);
    const counts = trigger !== null || reason === 'capped';
    return counts && (channel === 'page' || channel === 'popup');
  });
}

/** Signals that a page is handed; more are of no use to a decision. */
const signalCountMax = 16;

/** What the host says of the request, as the page and a page without script will count it. */
export function requestSignals(view: string, given: readonly EdgeSignal[]): RequestSignal[] {
  return given.slice(0, signalCountMax).map(({ signal, fields = {}, id }, at) => ({
    signal,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, it]) => [name, it instanceof Date ? it.getTime() : it]),
    ),
    id: id ?? `${view}.${at}`,
  }));
}

/** @returns the state as JSON that may stand inside a script element */
export function stateJson(facts: PageFacts) {
  const { runtime, view, signals, decisions, outcomes, ticket, preview } = facts;
  const { site, version, hash } = runtime;
  const state = {
    heed: 1,
    site,
    ruleset: { version, hash },
    view,
    ...(preview && { preview }),
    ...(signals.length > 0 && { signals }),
    decisions,
    outcomes,
    ticket,
  };
  return JSON.stringify(state).replaceAll('<', '\\u003c');
}

export const stateMarkup = (json: string) =>
  `<script type="application/json" id="heed-state">${json}</script>`;

/** The image by which a page without script says that it was shown. */
export function confirmMarkup(view: string, seal: string, shown: string): string {
  const source = `/_heed/confirm?v=${view}&amp;d=${shown}&amp;s=${seal}`;
  return `<noscript><img src="${source}" alt="" width="1" height="1" hidden></noscript>`;
}
