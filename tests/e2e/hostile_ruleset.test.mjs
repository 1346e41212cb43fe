// A ruleset that was signed in spite of its author's tools cannot run anything in a page: neither
// where the edge fills it nor where the browser does, and without the help of a policy.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { always, html, key, page, source, startEdge } from '../../edge/tests/bed.mjs';
import { compile, newKey, signed, sourceModule, text } from '../../wasm/test/bed.mjs';
import { newVisit } from './browser.mjs';
import { packageScript, sleep } from './stack.mjs';

const { xxh64 } = await sourceModule('xxh64.ts');
const headerSize = 64;
const bodyHashAt = 48;
const run = 'window.pwned=1';

const assets = {
  t: { kind: 'text', text: `</h1><script>${run}</script><img src=x onerror="${run}">` },
  o: { kind: 'offer', text: `<svg onload="${run}"><a href="javascript:${run}">x</a>` },
  l: { kind: 'link', href: `javascript/${run}` },
  i: { kind: 'image', src: `JavaScript/${run}//`, alt: `" onerror="${run}` },
  p: { kind: 'image', src: '/x.png', alt: `"><script>${run}</script>` },
};
const parts = { title: ['t'], offer: ['o'], link: ['l'], image: ['i'], picture: ['p'] };
const kinds = { title: 'text', offer: 'offer', link: 'link', image: 'image', picture: 'image' };
const hostile = source({
  assets,
  templates: { all: { version: 1, parts: kinds } },
  slots: { hero: {}, later: { refresh: 'live' } },
  triggers: {
    hero: always('hero', parts, { template: 'all' }),
    later: always('later', parts, { template: 'all' }),
  },
});

/** Turns the addresses that the compiler lets pass into those that it refuses, and proves again. */
function forge(image) {
  const forged = Buffer.from(image);
  // Two spellings, for an image stores once what neighbouring strings begin with.
  for (const scheme of ['javascript', 'JavaScript']) {
    const at = forged.indexOf(`${scheme}/`);
    assert.ok(at >= 0, scheme);
    forged[at + scheme.length] = ':'.charCodeAt(0);
  }
  forged.writeBigUInt64LE(BigInt(xxh64(forged.subarray(headerSize))), bodyHashAt);
  return forged;
}

const slot = (name) => `<section data-heed-slot="${name}"><h1 data-heed-part="title">own</h1>
  <p data-heed-part="offer" hidden></p><a data-heed-part="link" href="/own">see</a>
  <img data-heed-part="image" src="/own.png" alt=""><img data-heed-part="picture" src="/own.png" alt="">
  <script type="text/plain" data-heed-part="title">own</script></section>`;
const signer = newKey();
const file = signed(forge(compile(hostile)), [signer]);
const png = Buffer.from('iVBORw0KGgo=', 'base64');
const edge = await startEdge({
  file,
  bindings: { KEYS: JSON.stringify([text(signer), key.public]) },
  pages: {
    '/': html(page(slot('hero'))),
    '/plain': html(page(slot('later'))),
    '/heed.js': { headers: { 'content-type': 'text/javascript' }, body: await packageScript() },
    '/own.png': { headers: { 'content-type': 'image/png' }, body: png },
    '/x.png': { headers: { 'content-type': 'image/png' }, body: png },
  },
});
after(() => edge.stop());

/** Clicks what can be clicked, and says what the slot has become. */
async function provoke(visit) {
  const { page: tab } = visit;
  const link = tab.locator('a[data-heed-part=link]');
  const became = {
    href: await link.getAttribute('href'),
    image: await tab.locator('[data-heed-part=image]').getAttribute('src'),
    title: await tab.locator('h1[data-heed-part=title]').textContent(),
    script: await tab.locator('script[data-heed-part=title]').textContent(),
    children: await tab.locator('h1 *, p[data-heed-part=offer] *').count(),
  };
  await tab.evaluate(() => document.querySelector('a[data-heed-part=link]').click());
  await sleep(300);
  return { ...became, pwned: await tab.evaluate(() => window.pwned) };
}
const harmless = {
  href: '/own',
  image: '/own.png',
  title: assets.t.text,
  script: 'own',
  children: 0,
  pwned: undefined,
};

describe('a hostile ruleset runs nothing', () => {
  test('where the edge fills the page', async () => {
    const visit = await newVisit();
    const response = await visit.page.goto(`${edge.url}/`);
    assert.equal(response.headers()['x-heed'], 'ok; v=7; slots=2');
    assert.deepEqual(await provoke(visit), harmless);
    await visit.context.close();
  });
  test('where the browser fills it', async () => {
    const visit = await newVisit();
    await visit.page.goto(`${edge.url}/plain`);
    await visit.page.evaluate(
      async ({ keys, bytes }) => {
        const { createHeed } = await import('/heed.js');
        const heed = await createHeed({
          wasm: fetch('/_heed/heed.wasm').then((answer) => answer.arrayBuffer()),
          ruleset: Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)),
          keys,
          site: 'shop.example',
          consent: 'device',
        });
        heed.bind(document);
      },
      { keys: [text(signer)], bytes: file.toString('base64') },
    );
    assert.deepEqual(await provoke(visit), harmless);
    await visit.context.close();
  });
});
