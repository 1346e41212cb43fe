// The data block by which a page starts from the edge's decisions (docs/formats/page.md).
import type { Decision, Runtime } from 'heed';

/** The largest state a page is given; more means the page is left alone. */
export const stateBytesMax = 64 * 1024;

export type PageFacts = {
  readonly runtime: Runtime;
  readonly view: string;
  readonly decisions: readonly Decision[];
  readonly outcomes: string;
  readonly ticket: string;
  readonly preview: boolean;
};

/** The decisions of `runtime` that a page can show: won, in slots of a page. */
export function pageDecisions(runtime: Runtime, decisions: readonly Decision[]) {
  const channels = new Map(runtime.slots.map((slot) => [slot.name, slot.channel]));
  return decisions.filter(({ slot, trigger }) => {
    const channel = channels.get(slot);
    return trigger !== null && (channel === 'page' || channel === 'popup');
  });
}

/** @returns the state as JSON that may stand inside a script element */
export function stateJson({ runtime, view, decisions, outcomes, ticket, preview }: PageFacts) {
  const { site, version, hash } = runtime;
  const state = {
    heed: 1,
    site,
    ruleset: { version, hash },
    view,
    ...(preview && { preview }),
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
