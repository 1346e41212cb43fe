// What a rewritten page looks like: parts filled, decisions embedded, nothing held back.
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import {
  always,
  cookiesOf,
  heroPage,
  html,
  page,
  raw,
  ruleset,
  sleep,
  source,
  startEdge,
  stateOf,
  until,
} from './bed.mjs';

const assets = {
  t_title: { kind: 'text', text: 'Tea & "scones" <now>' },
  t_empty: { kind: 'offer', text: '' },
  o_ten: { kind: 'offer', text: '10 % off' },
  i_boots: {
    kind: 'image',
    src: '/boots.jpg',
    srcset: '/b1.jpg 1x, /b2.jpg 2x',
    alt: 'Red "boots"',
  },
  i_plain: { kind: 'image', src: 'https://img.example/a.jpg?w=1&h=2', alt: '' },
  l_kids: { kind: 'link', href: '/c/kids?a=1&b=2' },
};
const templates = {
  promo: { version: 1, parts: { title: 'text', offer: 'offer', image: 'image', link: 'link' } },
  bare: { version: 1, parts: { offer: 'offer', image: 'image' } },
};
const file = ruleset(
  source({
    assets,
    templates,
    slots: { hero: {}, side: {}, inner: {}, empty: {}, mail: { channel: 'email' } },
    triggers: {
      full: always(
        'hero',
        { title: ['t_title'], offer: ['o_ten'], image: ['i_boots'], link: ['l_kids'] },
        { template: 'promo' },
      ),
      bare: always('side', { offer: ['t_empty'], image: ['i_plain'] }, { template: 'bare' }),
      plain: always('inner', { title: ['A plain <value>'] }),
      letter: always('mail', { title: ['Dear customer'] }),
    },
  }),
);

const parts = `<h1 data-heed-part="title">Welcome</h1>
  <img data-heed-part="image" src="/d.jpg" srcset="/d1.jpg 1x" alt="" width="1200" height="600">
  <p data-heed-part="offer" hidden></p><a data-heed-part="link" href="/all">See</a>`;
const bodies = {
  '/': `<section data-heed-slot="hero">${parts}</section>`,
  '/c/side': `<section data-heed-slot="side">${parts}</section>`,
  '/c/nested': `<div data-heed-slot="hero"><h2 data-heed-slot="inner" data-heed-part="title">x</h2>
    <div data-heed-slot="inner"><b data-heed-part="title">y</b></div>
    <i data-heed-part="title">z</i></div><u data-heed-part="title">outside</u>`,
  '/c/undecided': `<section data-heed-slot="empty">${parts}</section>
    <section data-heed-slot="nobody">${parts}</section>`,
  '/c/unclosed': `<ul><li data-heed-slot="inner"><b data-heed-part="title">x</b></ul>`,
  '/c/fixture': '<main>no slot here</main>',
};
const pages = Object.fromEntries(
  Object.entries(bodies).map(([path, body]) => [path, html(page(body))]),
);
pages['/c/no-end'] = html('<!doctype html><title>t</title><p data-heed-slot="inner">ends here');
pages['/c/cookies'] = html(heroPage, { 'set-cookie': ['a=1', 'b=2'], 'server-timing': 'db;dur=5' });

const edge = await startEdge({ file, pages });
const get = async (path, headers) => raw(edge.url + path, { headers });
const markup = async (path) => (await get(path)).body.toString();

describe('a part sets what its kind may set', () => {
  test('a text part sets escaped text', async () => {
    const body = await markup('/');
    assert.ok(body.includes('<h1 data-heed-part="title">Tea &amp; "scones" &lt;now&gt;</h1>'));
  });
  test('an image part sets src, srcset and alt, and leaves the rest', async () => {
    const image = /<img[^>]*>/.exec(await markup('/'))[0];
    assert.match(image, /src="\/boots.jpg"/);
    assert.match(image, /srcset="\/b1.jpg 1x, \/b2.jpg 2x"/);
    assert.match(image, /alt="Red &quot;boots&quot;"/);
    assert.match(image, /width="1200" height="600"/);
  });
  test("an image without candidates removes the page's own, which would win", async () => {
    const image = /<img[^>]*>/.exec(await markup('/c/side'))[0];
    assert.match(image, /src="https:\/\/img.example\/a.jpg\?w=1&amp;h=2"/);
    assert.doesNotMatch(image, /srcset/);
  });
  test('a link part sets href', async () => {
    assert.match(await markup('/'), /<a data-heed-part="link" href="\/c\/kids\?a=1&amp;b=2">See</);
  });
  test('an offer part sets text and unhides', async () => {
    assert.match(await markup('/'), /<p data-heed-part="offer">10 % off<\/p>/);
  });
  test('an empty offer stays hidden', async () => {
    assert.match(await markup('/c/side'), /<p data-heed-part="offer" hidden(="")?><\/p>/);
  });
  test('a plain value is text', async () => {
    assert.match(await markup('/c/nested'), /<b data-heed-part="title">A plain &lt;value&gt;<\/b>/);
  });
});

describe('the page owns the markup', () => {
  test('a part belongs to the innermost slot around it', async () => {
    const body = await markup('/c/nested');
    assert.match(body, /data-heed-slot="inner" data-heed-part="title">A plain &lt;value&gt;</);
    assert.match(body, /<i data-heed-part="title">Tea &amp; "scones"/);
    assert.match(body, /<u data-heed-part="title">outside<\/u>/);
  });
  test('slots without a winner, and slots the ruleset lacks, stay as the page wrote them', async () => {
    const body = await markup('/c/undecided');
    assert.ok(body.includes(bodies['/c/undecided']));
  });
  test('parts without a value stay as the page wrote them', async () => {
    assert.match(await markup('/c/side'), /<h1 data-heed-part="title">Welcome<\/h1>/);
  });
  test('an element left open ends with its parent', async () => {
    assert.match(
      await markup('/c/unclosed'),
      /<b data-heed-part="title">A plain &lt;value&gt;<\/b>/,
    );
  });
  test("all else is the origin's, byte for byte", async () => {
    const body = await markup('/c/fixture');
    const state = /<script type="application\/json" id="heed-state">.*?<\/script>/s;
    assert.equal(body.replace(state, ''), page(bodies['/c/fixture']));
  });
});

describe('the page carries its decisions', () => {
  test('state is one data block before </body>', async () => {
    const body = await markup('/');
    assert.match(body, /<script type="application\/json" id="heed-state">[^<]*<\/script><\/body>/);
    assert.equal(body.match(/heed-state/g).length, 1);
  });
  test('state of a page that never closes its body comes at the end', async () => {
    assert.match(await markup('/c/no-end'), /ends here<script [^>]*>[^<]*<\/script>$/);
  });
  test('state has the form of docs/formats/page.md, key by key', async () => {
    const state = stateOf(await markup('/'));
    const keys = ['heed', 'site', 'ruleset', 'view', 'decisions', 'outcomes', 'ticket'];
    assert.deepEqual(Object.keys(state), keys);
    assert.match(state.view, /^[0-9a-f]{16}$/);
    assert.match(state.ruleset.hash, /^[0-9a-f]{16}$/);
    assert.equal(state.ruleset.version, 7);
    assert.equal(state.outcomes, '/_heed/outcomes');
    assert.deepEqual(state.decisions[0], {
      slot: 'hero',
      trigger: 'full',
      variant: 't_title+o_ten+i_boots+l_kids',
      options: { title: 't_title', offer: 'o_ten', image: 'i_boots', link: 'l_kids' },
      probability: 1,
      microsegment: 'all',
      reason: 'fixed',
    });
  });
  test('< in state is escaped, so that no value can end the block', async () => {
    const body = await markup('/');
    assert.match(body, /A plain \\u003cvalue>/);
    assert.equal(stateOf(body).decisions[2].options.title, 'A plain <value>');
  });
  test('slots of other channels are not in the page', async () => {
    const slots = stateOf(await markup('/')).decisions.map(({ slot }) => slot);
    assert.deepEqual(slots, ['hero', 'side', 'inner']);
  });
  test('every page view has a view id of its own', async () => {
    const views = await Promise.all([1, 2, 3].map(async () => stateOf(await markup('/')).view));
    assert.equal(new Set(views).size, 3);
  });
  test('visitor id, snapshot and clock do not travel in the body', async () => {
    const cookie = 'shop_consent=personalisation; heed_id=AAAAAAAAAAAAAAAAAAAAAA; heed_s=AAAA';
    const body = (await get('/', { cookie, 'x-test-now': '1795687200123' })).body.toString();
    assert.doesNotMatch(body, /AAAAAAAAAAAAAAAAAAAAAA|1795687200123/);
  });
});

describe('headers of a rewritten page', () => {
  test('success says version and slots', async () => {
    assert.equal((await get('/')).headers['x-heed'], 'ok; v=7; slots=3');
  });
  test("Server-Timing tells duration and clock, after the origin's own", async () => {
    const headers = { 'x-test-now': '1795687200123' };
    const timing = (await get('/c/cookies', headers)).headers['server-timing'];
    assert.match(
      timing,
      /^db;dur=5, heed;dur=\d+(\.\d+)?, heed-now;desc="1795687200123", heed-req/,
    );
  });
  test('they are private and not stored', async () => {
    assert.equal((await get('/')).headers['cache-control'], 'private, no-store');
  });
  test("the origin's cookies stay separate", async () => {
    const cookies = cookiesOf(await get('/c/cookies', { cookie: 'shop_consent=analytics' }));
    assert.deepEqual(Object.keys(cookies), ['a', 'b', 'heed_id']);
  });
});

test('the first byte is not held back: a slow origin streams through', async () => {
  let finish;
  const slow = await startEdge({
    file,
    pages: {
      '/': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.write(
          '<!doctype html><body><section data-heed-slot="inner"><h1 data-heed-part=title>',
        );
        finish = () => response.end('Welcome</h1></section></body>');
      },
    },
  });
  const [response] = await once(http.get(slow.url), 'response');
  let body = '';
  response.on('data', (data) => (body += data));
  await until(
    () => body,
    (sent) => sent.includes('<section data-heed-slot="inner">'),
  );
  await sleep(50);
  assert.doesNotMatch(body, /Welcome|heed-state/);
  finish();
  await once(response, 'end');
  assert.match(
    body,
    /<h1 data-heed-part=title>A plain &lt;value&gt;<\/h1>.*heed-state.*<\/body>$/s,
  );
});
