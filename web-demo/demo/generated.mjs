// Generated visitors. They know nothing of triggers: what they do depends on the page they got.
// Planted truth: the returns promise lifts add-to-cart from 20 % to 26 %, the hurry banner lowers
// it by six points, the workshop story changes nothing.
import { Browser } from './browser.mjs';
import { random } from './random.mjs';

/** Half of all visitors see the hurry banner, so that 20 % of those without the promise add. */
export const baseRate = 0.23;
export const planted = {
  returns_promise: { text: 'If it is not right, send it back free.', effect: 0.06 },
  hurry_banner: { text: 'Hurry! Selling out fast', effect: -0.06 },
  workshop_story: { text: 'Mended in our Yorkshire workshop', effect: 0 },
};

const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36',
];

/** The chance that this page's reader puts the product into the cart. */
export function addChance(html) {
  let chance = baseRate;
  for (const { text, effect } of Object.values(planted)) {
    if (html.includes(text)) chance += effect;
  }
  return chance;
}

const pick = (draw, list) => list[Math.floor(draw() * list.length)];

/**
 * Plays one session from the first page to the last.
 *
 * @param site      see Browser
 * @param products  [{sku, category, price, reduced}]
 * @param number    which visitor: equal numbers behave alike on equal pages
 */
export async function playSession(site, products, number) {
  const draw = random(number);
  const { tally } = site;
  const headers = { 'user-agent': pick(draw, agents), 'accept-language': 'en-GB,en;q=0.8' };
  const browser = new Browser(site, { headers, visitor: `g-${number}` });
  browser.consent(['analytics', 'personalisation']);
  const category = pick(draw, ['kids', 'school', 'women', 'men', 'home', 'outdoor']);
  const shelf = products.filter((product) => product.category === category);
  tally.sessions += 1;
  if (draw() < 0.6) {
    const { heed } = await browser.open('/', { page: { page_type: 'home' } });
    heed?.observe('page_view', { page_type: 'home' });
  }
  const looks = 1 + Math.floor(draw() * 3);
  // The mind is made up at the last product looked at.
  const resolve = draw();
  for (let look = 1; look <= looks; look++) {
    const product = pick(draw, shelf);
    const page = { page_type: 'product', price: product.price };
    const { html, heed } = await browser.open(`/p/${product.sku}`, { page });
    heed?.observe('product_view', {
      sku: product.sku,
      category,
      price: product.price,
      reduced: product.reduced,
    });
    if (look === looks && heed && resolve < addChance(html)) {
      await buy(site, browser, heed, product, number, draw);
    }
  }
  await browser.leave();
}

async function buy(site, browser, heed, product, number, draw) {
  const { tally } = site;
  const { sku, category, price } = product;
  if (heed.observe('add_to_cart', { sku, category, price })) tally.outcomes += 1;
  if (draw() > 0.5) return;
  const order = `g-${number}`;
  const bought = { sku: [sku], revenue: price };
  const page = { page_type: 'thanks' };
  const first = await browser.open('/', { page });
  if (first.heed?.observe('purchase', bought, { id: order })) tally.outcomes += 1;
  if (draw() < 0.2) {
    // The thank-you page is reloaded: the same order must not count again.
    const again = await browser.open('/', { page });
    if (again.heed?.observe('purchase', bought, { id: order })) tally.recounted = true;
  }
  if (draw() < 0.05) {
    const back = await browser.open('/', { page: { page_type: 'returns' } });
    if (back.heed?.refund('purchase', order)) tally.refunds = (tally.refunds ?? 0) + 1;
  }
}
