// The shop's own script: starts heed from what the edge embedded, tells it what happens on the page,
// and hands over the visitor's choice about data. Pages work without it.
import { createHeed, type Heed, type Level } from 'heed';

const facts = document.body.dataset;
const keys =
  document.querySelector<HTMLMetaElement>('meta[name="heed-keys"]')?.content.split(' ') ?? [];
const state = document.getElementById('heed-state')?.textContent;

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const text = (form: HTMLFormElement, name: string) => String(new FormData(form).get(name) ?? '');

/** What the page is about: the same facts that the edge was told. */
const pageAttributes = {
  page_type: facts.pageType,
  price: number(facts.price),
  cart_value: number(facts.cartValue),
};
const product = {
  sku: facts.sku ?? '',
  category: facts.category ?? '',
  price: number(facts.price) ?? 0,
};

/** What has happened by opening this page. */
function arrive(heed: Heed): void {
  const pageType = facts.pageType ?? '';
  heed.observe('page_view', { page_type: pageType });
  if (pageType === 'product') {
    heed.observe('product_view', { ...product, reduced: facts.reduced === 'true' });
  }
  if (facts.order && facts.revenue) {
    const bought = { sku: (facts.skus ?? '').split(' '), revenue: Number(facts.revenue) };
    heed.observe('purchase', bought, { id: facts.order });
  }
  if (facts.refund) heed.refund('purchase', facts.refund);
}

/** What the visitor does on it. */
function listen(heed: Heed): void {
  document.getElementById('add')?.addEventListener('submit', () => {
    heed.observe('add_to_cart', product);
  });
  document.getElementById('letter-form')?.addEventListener('submit', () => {
    heed.observe('email_given');
  });
  for (const slot of document.querySelectorAll<HTMLElement>('[data-heed-slot] a')) {
    slot.addEventListener('click', () => {
      const name = slot.closest<HTMLElement>('[data-heed-slot]')?.dataset.heedSlot ?? '';
      heed.observe('offer_click', { slot: name });
    });
  }
}

const levels: Readonly<Record<string, Level>> = {
  none: 'none',
  analytics: 'session',
  'analytics.personalisation': 'device',
};

/** The choice takes effect in place; without script the form posts it. */
function ask(heed: Heed | undefined): void {
  const bar = document.getElementById('consent');
  if (!(bar instanceof HTMLFormElement)) return;
  bar.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = event.submitter;
    const grant = button instanceof HTMLButtonElement ? button.value : text(bar, 'grant');
    document.cookie = `shop_consent=${grant}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`;
    heed?.setConsent(levels[grant] ?? 'none');
    bar.hidden = true;
  });
}

async function start(): Promise<Heed | undefined> {
  if (!state || keys.length === 0) return undefined;
  const { ruleset, site } = JSON.parse(state) as { ruleset: { hash: string }; site: string };
  const heed = await createHeed({
    wasm: WebAssembly.compileStreaming(fetch('/_heed/heed.wasm')),
    ruleset: fetch(`/_heed/ruleset/${ruleset.hash}`).then((answer) => answer.arrayBuffer()),
    keys,
    site,
  });
  heed.on('error', (error) => console.warn(`heed: ${error.message}`));
  heed.set(pageAttributes);
  arrive(heed);
  listen(heed);
  heed.bind(document);
  return heed;
}

// The edge leaves a page alone where it has nothing to say; the shop goes on without heed.
start()
  .catch((error: unknown) => {
    console.warn('heed did not start:', error);
    return undefined;
  })
  .then(ask);
