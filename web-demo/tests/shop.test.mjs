// The shop by itself: it works without edge and without script, and believes no visitor.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Page } from '../demo/page.mjs';
import { catalog } from '../shop/catalog.mjs';
import { Visit, startShop } from './visit.mjs';

const shop = await startShop();
const orderId = /^PP-[0-9A-F]{12}$/;
const addresses = [
  ...['/', '/reduced', '/cart', '/checkout', '/thanks', '/returns'],
  ...['/club', '/help', '/letter', '/consent', '/nowhere'],
  ...catalog.categories.map(({ slug }) => `/c/${slug}`),
  ...catalog.products.map(({ sku }) => `/p/${sku}`),
];

async function withBasket(...skus) {
  const visit = new Visit(shop);
  for (const sku of skus) await visit.submit('/cart/add', { sku });
  return visit;
}
const total = (html) => /<dt>Together<\/dt>\s*<dd>([^<]*)<\/dd>/.exec(html)?.[1];
const count = (html) => /class="badge">(\d+)/.exec(html)?.[1];

describe('every page', () => {
  for (const address of addresses) {
    test(`${address} is whole, readable and runs nothing of its own`, async () => {
      const { status, headers, html } = await new Visit(shop).open(address);
      assert.equal(status, address === '/nowhere' ? 404 : 200);
      const policy = headers.get('content-security-policy');
      assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
      assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
      assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//);
      assert.doesNotMatch(html, /undefined|\[object|NaN/);
      assert.equal(html.match(/<h1\b/g).length, 1);
      for (const landmark of ['<header', '<main id="main"', '<footer', 'class="skip"']) {
        assert.ok(html.includes(landmark), landmark);
      }
      for (const image of html.match(/<img\b[^>]*>/g) ?? []) {
        assert.match(image, /\balt="/);
        assert.match(image, /\bwidth="\d+"\s+height="\d+"/);
      }
    });
  }
  test('names every field that it asks for', async () => {
    const visit = await withBasket('frog-wellies');
    for (const address of ['/', '/p/frog-wellies', '/cart', '/checkout']) {
      const { html } = await visit.open(address);
      const fields = html
        .match(/<input\b[^>]*>/g)
        .filter((it) => !/type="(hidden|radio|checkbox)"/.test(it));
      for (const field of fields) {
        const id = /\bid="([^"]*)"/.exec(field)?.[1];
        assert.ok(html.includes(`for="${id}"`), field);
      }
    }
  });
  test('leads nowhere that is missing', async () => {
    const visit = new Visit(shop);
    const links = new Set();
    for (const address of addresses) {
      const { html } = await visit.open(address);
      for (const [, href] of html.matchAll(/(?:href|src)="(\/[^"]*)"/g)) links.add(href);
    }
    assert.ok(links.size > 80, `${links.size} links`);
    for (const link of links) {
      // Without a build there is no script; the pages do without it.
      if (link !== '/shop.js') assert.equal((await visit.open(link)).status, 200, link);
    }
  });
});

describe('the basket', () => {
  test('is filled, changed and emptied by forms alone', async () => {
    const visit = await withBasket('frog-wellies', 'frog-wellies', 'enamel-mug');
    assert.equal(count((await visit.open('/cart')).html), '3');
    const sku = 'frog-wellies';
    const more = await visit.submit('/cart/count', { sku, size: '', count: '5' });
    assert.equal(count(more.html), '6');
    const without = await visit.submit('/cart/count', { sku, size: '', count: '0' });
    assert.equal(count(without.html), '1');
    assert.equal(new Page(without.html).facts.cartValue, '12');
  });
  test('charges postage below 60 pounds and none from there', async () => {
    const { html } = await (await withBasket('frog-wellies')).open('/cart');
    assert.equal(total(html), '£26.50');
    assert.match(html, /£38 to go/);
    const full = await (await withBasket('frog-wellies', 'puddle-suit')).open('/cart');
    assert.equal(total(full.html), '£60');
  });
  test('takes off what a code promises, and says which codes it does not know', async () => {
    const visit = await withBasket('fell-boots', 'frog-wellies');
    assert.equal(total((await visit.submit('/cart/code', { code: 'letter10' })).html), '£105.30');
    assert.equal(total((await visit.submit('/cart/code', { code: 'SPOTTED' })).html), '£107.50');
    const { html } = await visit.submit('/cart/code', { code: 'FREE' });
    assert.equal(total(html), '£117');
    assert.match(html, /do not know the code FREE/);
  });
  test('leaves out what is not sold, in whatever form a cookie names it', async () => {
    const visit = new Visit(shop);
    for (const cart of [
      'nothing~~1',
      'frog-wellies~99~1',
      'frog-wellies~~-1',
      '%',
      '~~~',
      'a.b.c',
    ]) {
      visit.cookies.set('cart', cart);
      const { status, html } = await visit.open('/cart');
      assert.deepEqual([status, count(html)], [200, '0'], cart);
    }
  });
});

describe('an order', () => {
  test('keeps its id however often the thank-you page is opened, and empties the basket', async () => {
    const visit = await withBasket('frog-wellies', 'puddle-suit');
    const { html } = await visit.submit('/checkout', { name: 'A', street: 'B', town: 'C' });
    const { facts } = new Page(html);
    assert.match(facts.order, orderId);
    assert.deepEqual([facts.revenue, facts.skus], ['60', 'frog-wellies puddle-suit']);
    assert.equal(count(html), '0');
    const again = new Page((await visit.open('/thanks')).html);
    assert.deepEqual(again.facts, facts);
  });
  test('counts as revenue what was paid for the goods, less the code, without postage', async () => {
    const visit = await withBasket('frog-wellies');
    await visit.submit('/cart/code', { code: 'LETTER10' });
    const { html } = await visit.submit('/checkout', { name: 'A', street: 'B', town: 'C' });
    assert.equal(new Page(html).facts.revenue, '19.8');
  });
  test('is sent back whole, under its own id', async () => {
    const visit = await withBasket('enamel-mug');
    const { html } = await visit.submit('/checkout', {});
    const { order } = new Page(html).facts;
    assert.equal(new Page((await visit.open('/returns')).html).facts.refund, undefined);
    assert.equal(new Page((await visit.submit('/returns', {})).html).facts.refund, order);
  });
  test('cannot be made up by its cookie', async () => {
    const visit = new Visit(shop);
    visit.cookies.set('order', 'PP-000000000000');
    const { facts } = new Page((await visit.open('/thanks')).html);
    assert.deepEqual([facts.order, facts.revenue], [undefined, undefined]);
  });
  test('needs a basket', async () => {
    const answer = await new Visit(shop).post('/checkout', {});
    assert.equal(answer.headers.get('location'), '/cart');
  });
});

describe('a membership', () => {
  test('is kept in a cookie that only the shop can make', async () => {
    const visit = new Visit(shop);
    assert.match((await visit.submit('/club', { number: '1002' })).html, /Club: gold/);
    const signed = visit.cookies.get('member');
    visit.cookies.set('member', signed.replace('gold', 'platinum'));
    assert.doesNotMatch((await visit.open('/club')).html, /Club: platinum/);
    visit.cookies.set('member', signed);
    await visit.submit('/club', { number: '' });
    assert.equal(visit.cookies.has('member'), false);
  });
});

describe('forms and addresses from elsewhere', () => {
  test('are refused with a page, or with a sentence', async () => {
    const visit = new Visit(shop);
    assert.equal((await visit.post('/cart/add', { sku: '<script>' })).status, 400);
    assert.equal((await visit.post('/cart/count', { sku: 'x', count: '1e9' })).status, 400);
    assert.equal((await visit.post('/cart/code', { code: '"><b>' })).status, 400);
    assert.equal((await visit.post('/nowhere', {})).status, 400);
    assert.equal((await visit.post('/letter', { email: 'x'.repeat(20_000) })).status, 400);
    assert.equal((await visit.open('/p/%E0%A4%A')).status, 400);
    assert.equal((await visit.open('/p/constructor')).status, 404);
    const answer = await fetch(shop.url, { method: 'DELETE' });
    assert.equal(answer.status, 405);
  });
  test('never lead away from the shop', async () => {
    const visit = new Visit(shop);
    const referer = 'http://shop.example//elsewhere.example/';
    const answer = await visit.post('/consent', { grant: 'analytics' }, { referer });
    assert.equal(answer.headers.get('location'), '/elsewhere.example/');
  });
  test('write no cookie but the one that was chosen', async () => {
    const visit = new Visit(shop);
    for (const address of addresses) await visit.open(address);
    assert.equal(visit.cookies.size, 0);
    await visit.submit('/consent', { grant: 'everything' });
    assert.deepEqual([...visit.cookies], [['shop_consent', 'none']]);
  });
});
