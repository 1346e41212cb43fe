// Generated visitors. They know nothing of triggers: what they do depends on the page they got.
import { Browser } from './browser.mjs';
import { random } from './random.mjs';

/**
 * The planted truth, in shares of the visitors who read the text: the returns promise lifts
 * add-to-cart, the hurry banner lowers it, the workshop story changes nothing.
 */
export const planted = {
  returns_promise: {
    slot: 'product_promise',
    text: 'If it is not right, send it back free.',
    effect: 0.06,
  },
  hurry_banner: { slot: 'product_urgency', text: 'Hurry! Selling out fast', effect: -0.06 },
  workshop_story: { slot: 'product_story', text: 'Mended in our Yorkshire workshop', effect: 0 },
};
/** Half of all visitors see the hurry banner, so that 20 % of those without the promise add. */
export const baseRate = 0.23;

const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36',
];
const countries = ['GB', 'GB', 'GB', 'GB', 'GB', 'GB', 'GB', 'IE', 'DE', 'FR'];
const categories = ['kids', 'school', 'women', 'men', 'home', 'outdoor'];
const knownCountMax = 200;

const pick = (draw, list) => list[Math.floor(draw() * list.length)];

/** The chance that this page's reader puts the product into the basket. */
export function addChance(page) {
  let chance = baseRate;
  for (const { slot, text, effect } of Object.values(planted)) {
    if (page.text(slot).includes(text)) chance += effect;
  }
  return chance;
}

/** Most agree to be remembered, some for the visit, some not at all: those are not counted. */
function grantsOf(draw) {
  const mood = draw();
  if (mood < 0.85) return ['analytics', 'personalisation'];
  return mood < 0.93 ? ['analytics'] : [];
}

/** Everybody who visits the shop during a run. */
export class Crowd {
  #site;
  #products;
  /** Visitors who may come back: {browser, draw}. */
  #known = [];

  /**
   * @param site      see Browser
   * @param products  the shop's shelf
   */
  constructor(site, products) {
    this.#site = site;
    this.#products = products;
  }

  /** Plays one session: of somebody new, or of somebody who was here before. */
  async play(number) {
    this.#site.tally.sessions += 1;
    const draw = random(number);
    const isBack = draw() < 0.12 && this.#known.length > 0;
    const visitor = isBack
      ? this.#known.splice(Math.floor(draw() * this.#known.length), 1)[0]
      : this.#arrive(draw);
    await (isBack ? comeBack(visitor) : firstVisit(visitor, this.#products));
    await visitor.browser.leave();
    const isRemembered = visitor.grants.length === 2;
    if (isRemembered && this.#known.length < knownCountMax) this.#known.push(visitor);
  }

  #arrive(draw) {
    const headers = {
      'user-agent': pick(draw, agents),
      'accept-language': pick(draw, ['en-GB,en;q=0.8', 'en-GB,en;q=0.8', 'de-DE,de;q=0.9']),
      'cf-ipcountry': pick(draw, countries),
    };
    const browser = new Browser(this.#site, { headers });
    const grants = grantsOf(draw);
    browser.consent(grants);
    return { browser, draw, grants, category: pick(draw, categories), hasLetter: false };
  }
}

async function firstVisit(visitor, products) {
  const { browser, draw, category } = visitor;
  if (draw() < 0.04)
    await browser.submit('/club', { number: pick(draw, ['1001', '1002', '1003']) });
  const landing = draw();
  if (landing < 0.5) await lookAround(visitor, '/');
  else if (landing < 0.7) await lookAround(visitor, `/c/${category}`);
  else if (landing < 0.78) await lookAround(visitor, '/?utm_source=letter');
  const shelf = products.filter((product) => product.category === category);
  const looks = 1 + Math.floor(draw() * 3);
  // The mind is made up at the last product looked at.
  const resolve = draw();
  for (let look = 1; look <= looks; look++) {
    const page = await browser.open(`/p/${pick(draw, shelf).sku}`);
    if (look === looks && resolve < addChance(page)) await buy(visitor, page);
  }
}

/** Nobody who comes back opens a product: what was planted is measured on first visits alone. */
async function comeBack(visitor) {
  const { browser, draw } = visitor;
  await lookAround(visitor, '/');
  if (browser.hasBasket && draw() < 0.5) await order(visitor);
}

/** The first page of a visit: its letter may be joined, its hero may be followed. */
async function lookAround(visitor, path) {
  const { browser, draw } = visitor;
  const page = await browser.open(path);
  const wish = page.text('capture').includes('10 %') ? 0.1 : 0.03;
  if (!visitor.hasLetter && draw() < wish) {
    visitor.hasLetter = true;
    browser.observe('email_given', {}, { id: 'letter' });
    await browser.submit('/letter', { email: 'a.visitor@example.com' });
    return;
  }
  const next = page.link('hero');
  if (next?.startsWith('/') && draw() < 0.2) {
    browser.observe('offer_click', { slot: 'hero' });
    await browser.open(next);
  }
}

async function buy(visitor, { facts }) {
  const { browser, draw } = visitor;
  const { sku, category, price } = facts;
  browser.observe('add_to_cart', { sku, category, price: Number(price) });
  await browser.submit('/cart/add', { sku });
  if (draw() < 0.5) await order(visitor);
}

async function order({ browser, draw }) {
  await browser.open('/checkout');
  const name = { name: 'A. Visitor', street: '1 Lane', town: 'Leeds LS1' };
  const { facts } = await browser.submit('/checkout', name);
  if (!facts.order) throw new Error('the thank-you page names no order');
  const after = draw();
  // The same order must not count again.
  if (after < 0.2) await browser.open('/thanks');
  if (after > 0.95) await browser.submit('/returns', {});
}
