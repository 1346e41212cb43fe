// The shop's own script: starts heed from what the edge embedded, tells it what happens on the
// page, and hands over the visitor's choice about data. Pages work without it.
import { createHeed, type Heed as AnyHeed, type Level } from 'heed';
import { recorder } from 'heed/replay';

import { arrive, pageAttributes, productOf } from './arrive.mjs';
import type { Attributes, Signals, Slots } from './dist/names.ts';

/** The names are the ruleset's (`heed types`): one that it does not have is an error here. */
type Heed = AnyHeed<{ attributes: Attributes; signals: Signals; slots: Slots }>;

const facts = document.body.dataset;
const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
const keys = meta('heed-keys').split(' ').filter(Boolean);
/** The share of visitors whose decisions are kept, to be decided again elsewhere. */
const share = Number(meta('heed-record'));
const state = document.getElementById('heed-state')?.textContent;
const isPreview = state ? (JSON.parse(state) as { preview?: boolean }).preview === true : false;

/** What this page runs, and what the visitor did before it ran. */
let running: Heed | undefined;
const waiting: ((heed: Heed) => void)[] = [];

function tell(act: (heed: Heed) => void): void {
  if (running) act(running);
  else waiting.push(act);
}

/** What the visitor does on it. */
function listen(): void {
  document.getElementById('add')?.addEventListener('submit', () => {
    tell((heed) => heed.observe('add_to_cart', productOf(facts)));
  });
  // A visitor joins the letter once, however often the form is sent.
  document.getElementById('letter-form')?.addEventListener('submit', () => {
    tell((heed) => heed.observe('email_given', {}, { id: 'letter' }));
  });
  for (const link of document.querySelectorAll<HTMLElement>('[data-heed-slot] a')) {
    link.addEventListener('click', () => {
      const slot = link.closest<HTMLElement>('[data-heed-slot]')?.dataset.heedSlot ?? '';
      tell((heed) => heed.observe('offer_click', { slot }));
    });
  }
}

const levels: Readonly<Record<string, Level>> = {
  none: 'none',
  analytics: 'session',
  'analytics.personalisation': 'device',
};

/** What was chosen before heed ran. */
let chosen: Level | undefined;

/** The choice takes effect in place; a heed that starts later finds the cookie. */
function ask(): void {
  const bar = document.getElementById('consent');
  if (!(bar instanceof HTMLFormElement)) return;
  // A preview keeps and sends nothing: there is nothing to ask.
  if (isPreview) bar.hidden = true;
  bar.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    document.cookie = `shop_consent=${button.value}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`;
    chosen = levels[button.value] ?? 'none';
    running?.setConsent(chosen);
    bar.hidden = true;
  });
}

const later = { priority: 'low' } as const;

async function start(): Promise<void> {
  // The edge leaves a page alone where it has nothing to say; the shop goes on without heed.
  if (!state || keys.length === 0) return;
  const { ruleset, site } = JSON.parse(state) as { ruleset: { hash: string }; site: string };
  const heed: Heed = await createHeed({
    // As functions: the page stands as the edge made it, and its pictures come first.
    wasm: () => WebAssembly.compileStreaming(fetch('/_heed/heed.wasm', later)),
    ruleset: () =>
      fetch(`/_heed/ruleset/${ruleset.hash}`, later).then((answer) => answer.arrayBuffer()),
    keys,
    site,
    ...(share > 0 && { record: recorder({ share, level: 'session' }) }),
  });
  running = heed;
  if (chosen !== undefined) heed.setConsent(chosen);
  // For whoever looks into the page: `heed.explain('hero')` in the developer tools.
  Object.assign(window, { heed });
  heed.on('error', (error) => console.warn(`heed: ${error.message}`));
  heed.set(pageAttributes(facts));
  arrive(heed, facts);
  for (const act of waiting.splice(0)) act(heed);
  heed.bind(document);
}

ask();
listen();
start().catch((error: unknown) => console.warn('heed did not start:', error));
