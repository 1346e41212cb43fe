// A signed preview link fixes trigger, options, visitor and time, and is never counted.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import {
  always,
  consented,
  cookiesOf,
  explained,
  html,
  lastMap,
  page,
  raw,
  ruleset,
  source,
  startEdge,
  stateOf,
} from './bed.mjs';

const vectorsFile = new URL('../../tests/vectors/explain/explain.json', import.meta.url);
const file = ruleset(
  source({
    attributes: {
      vip: { type: 'bool', source: 'profile' },
      tier: { type: 'string', source: 'profile' },
      device: { type: 'string', source: 'request' },
    },
    slots: { hero: {}, side: {} },
    triggers: {
      usual: always('hero', { title: ['Usual'] }),
      gold: {
        ...always('hero', { title: ['Gold', 'Golden'] }, { priority: 1 }),
        when: "tier == 'gold' && device == 'phone'",
      },
      rare: {
        ...always('hero', { title: ['One', 'Two'], line: ['A', 'B'] }, { priority: 5 }),
        when: 'vip',
      },
      timed: always(
        'side',
        { title: ['Summer'] },
        { schedule: { from: '2027-06-01', until: '2027-09-01' } },
      ),
    },
  }),
);
const body = `<p data-heed-slot="hero"><b data-heed-part="title">own</b><i data-heed-part="line">own</i></p>
  <p data-heed-slot="side"><b data-heed-part="title">own</b></p>`;
const links = `<a href="/next?a=1&amp;b=2" rel="noreferrer">on</a>
  <a href="https://other.example/">out</a><a href="#here">here</a><a href="mailto:a@b.c">write</a>
  <form method="post" action="/send"></form><form><input name="q"></form>`;
const pages = { '/': html(page(body)), '/c/links': html(page(body + links)) };
const edge = await startEdge({ file, pages });

const inJuly = Date.parse('2027-07-01T12:00:00Z');
const rare = {
  site: 'shop.example',
  trigger: 'rare',
  slot: 'hero',
  options: { title: 'Two', line: 'B' },
  visitor: 'u1',
  now: inJuly,
  expires: Date.now() + 60_000,
};
/** A link made by docs/formats/page.md, not by the code under test. */
function link(payload, secret = 'preview-secret') {
  const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
  const mac = createHmac('sha256', secret).update(`heed-preview\n${body}`).digest('base64url');
  return `/?heed_preview=${body}.${mac}`;
}
const get = (path, headers = consented) => raw(edge.url + path, { headers });

describe('a signed preview link', () => {
  test('fixes trigger and options', async () => {
    const answer = await get(link(rare));
    const markup = answer.body.toString();
    assert.match(markup, /<b data-heed-part="title">Two<\/b><i data-heed-part="line">B<\/i>/);
    const [decision] = stateOf(markup).decisions;
    assert.deepEqual(decision, {
      slot: 'hero',
      trigger: 'rare',
      variant: 'Two+B',
      options: { title: 'Two', line: 'B' },
      probability: 1,
      microsegment: 'all',
      reason: 'fixed',
    });
    assert.equal(answer.headers['x-heed'], 'ok; v=7; slots=2; preview');
  });
  test("fixes the time, also of the page's clock", async () => {
    const inWinter = { ...rare, now: Date.parse('2027-12-01T12:00:00Z') };
    const [summer, winter] = [await get(link(rare)), await get(link(inWinter))];
    const slots = (it) => stateOf(it.body.toString()).decisions.map(({ slot }) => slot);
    assert.deepEqual(slots(summer), ['hero', 'side']);
    assert.deepEqual(slots(winter), ['hero']);
    assert.match(summer.headers['server-timing'], new RegExp(`heed-now;desc="${inJuly}"`));
  });
  test('without a trigger shows what the visitor would get then', async () => {
    const { body } = await get(link({ ...rare, trigger: null, slot: '', options: {} }));
    assert.match(body.toString(), /<b data-heed-part="title">Usual<\/b>/);
  });
  test('carries preview and is never counted', async () => {
    const markup = (await get(link(rare))).body.toString();
    const { preview, ticket, outcomes } = stateOf(markup);
    assert.deepEqual([preview, ticket, outcomes], [true, '', '']);
    assert.doesNotMatch(markup, /noscript/);
  });
  test("leaves the looker's own cookies alone", async () => {
    const headers = { cookie: `${consented.cookie}; heed_id=AbCdEfGhIjKlMnOpQrStUv` };
    assert.deepEqual(cookiesOf(await get(link(rare), headers)), {});
    assert.deepEqual(cookiesOf(await get(link(rare), { cookie: 'heed_id=x' })), {});
  });
  test('holds the attributes that it names, whatever the looker asks with', async () => {
    const own = { ...rare, trigger: null, slot: '', options: {} };
    const phone = { ...own, attributes: { tier: 'gold', device: 'phone', unknown: 1 } };
    const answer = await get(link(phone), { ...consented, 'x-tier': 'silver' });
    assert.equal(stateOf(answer.body.toString()).decisions[0].trigger, 'gold');
    const told = /heed-request;desc="([^"]*)"/.exec(answer.headers['server-timing'])[1];
    assert.equal(JSON.parse(Buffer.from(told, 'base64url')).device, 'phone');
    const wrong = await get(link({ ...own, attributes: { tier: 5 } }));
    assert.match(wrong.headers['x-heed'], /^ok/);
  });
  test('goes along to whatever page is opened from it', async () => {
    const from = `${edge.url}${link(rare)}&heed_draft=0011223344556677`;
    const asked = (referer, more) => get('/next?a=1', { ...consented, referer, ...more });
    const html = { accept: 'text/html,*/*' };
    const on = await asked(from, { 'sec-fetch-dest': 'iframe' });
    assert.equal(on.status, 302);
    const next = new URL(on.headers.location);
    assert.equal(next.pathname, '/next');
    assert.deepEqual([...next.searchParams.keys()], ['a', 'heed_preview', 'heed_draft']);
    assert.equal((await asked(from, html)).status, 302, 'a browser that does not say what for');
    const others = {
      'a picture of it': [from, { 'sec-fetch-dest': 'image' }],
      "another site's page": [from.replace(edge.url, 'https://other.example'), html],
      'an ordinary page': [`${edge.url}/`, html],
      'no address': ['x', html],
    };
    for (const [name, [referer, more]] of Object.entries(others))
      assert.notEqual((await asked(referer, more)).status, 302, name);
    const shown = await get(link(rare), { ...consented, ...html, referer: from });
    assert.equal(shown.headers['referrer-policy'], 'same-origin');
    assert.equal((await get('/')).headers['referrer-policy'], undefined);
  });
  test('goes along where the page keeps the referrer to itself', async () => {
    const token = new URLSearchParams(link(rare).slice(2)).get('heed_preview');
    const { body: sent } = await get(`/c/links${link(rare).slice(1)}&heed_draft=a%22b`);
    const markup = sent.toString();
    const addresses = [...markup.matchAll(/(?:href|action)="([^"]*)"/g)].map(([, it]) =>
      it.replaceAll('&amp;', '&').replaceAll('&quot;', '"'),
    );
    const [inside, outside, anchor, mail, posted] = addresses;
    const next = new URL(inside, edge.url);
    assert.equal(next.pathname, '/next');
    assert.deepEqual(
      [...next.searchParams],
      [
        ['a', '1'],
        ['b', '2'],
        ['heed_preview', token],
        ['heed_draft', 'a"b'],
      ],
    );
    assert.deepEqual([outside, anchor, mail], ['https://other.example/', '#here', 'mailto:a@b.c']);
    assert.equal(new URL(posted, edge.url).searchParams.get('heed_preview'), token);
    assert.match(
      markup,
      new RegExp(`<form><input type="hidden" name="heed_preview" value="${token}">`),
    );
    assert.match(markup, /name="heed_draft" value="a&quot;b"/);
    const ordinary = (await get('/c/links')).body.toString();
    assert.doesNotMatch(ordinary, /heed_preview/);
    assert.match(ordinary, /href="\/next\?a=1&amp;b=2"/);
  });
  test('ordinary pages carry no preview', async () => {
    const answer = await get('/');
    assert.equal(stateOf(answer.body.toString()).preview, undefined);
    assert.equal(answer.headers['x-heed'], 'ok; v=7; slots=1');
  });
});

describe('a preview link with heed_explain', () => {
  const asked = (payload, slots, secret) => `${link(payload, secret)}&heed_explain=${slots}`;
  const own = { ...rare, trigger: null, slot: '', options: {} };
  const answered = async (path, headers) => {
    const { status, headers: got, body } = await get(path, headers);
    assert.equal(got['cache-control'], 'no-store');
    return { status, heed: got['x-heed'], body: JSON.parse(body.toString()) };
  };

  test('answers what the command says of the same visitor, byte for byte', async () => {
    const line = {
      visitor: rare.visitor,
      now: inJuly,
      consent: 'session',
      attributes: { tier: 'gold', device: 'desktop' },
    };
    const answer = await get(asked(own, ''), {
      ...consented,
      'x-tier': 'gold',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    const wanted = ['hero', 'side'].map((slot) => explained(file, line, slot));
    const text = answer.body.toString();
    assert.ok(text.endsWith(`,"explanations":[${wanted.join(',')}]}`), `${text}\n${wanted}`);
    assert.equal(JSON.parse(text).version, 7);
    assert.match(JSON.parse(text).hash, /^[0-9a-f]{16}$/);
    assert.equal(answer.headers['x-heed'], 'ok; v=7; slots=2; preview');
  });
  test("tells it in the author's words where the worker has the map", async () => {
    const { source: words, vectors } = JSON.parse(readFileSync(vectorsFile, 'utf8'));
    const other = ruleset(source({ ...words, site: 'shop.example' }));
    const map = lastMap();
    const [vector] = vectors;
    const payload = { ...own, visitor: vector.in.visitor, attributes: vector.in.attributes };
    const ask = async (MAP) => {
      const served = await startEdge({ file: other, pages, bindings: { MAP } });
      const answer = await raw(served.url + asked(payload, vector.slot), { headers: consented });
      await served.stop();
      return answer.body.toString();
    };
    const line = { ...vector.in, now: inJuly, consent: 'session' };
    const wanted = explained(other, line, vector.slot, map);
    assert.match(wanted, /"last_is_first",.{9,99}"failures":\[\{"predicate":\d+,"test":"z > 1"/);
    assert.ok((await ask(map)).endsWith(`,"explanations":[${wanted}]}`));
    const plain = `,"explanations":[${explained(other, line, vector.slot)}]}`;
    assert.ok((await ask('no map')).endsWith(plain));
  });
  test('answers the slots it names alone', async () => {
    const { body } = await answered(asked(rare, 'side'));
    assert.deepEqual(
      body.explanations.map(({ slot }) => slot),
      ['side'],
    );
  });
  test('refuses a slot that is not there', async () => {
    const { status, body } = await answered(asked(rare, 'gone'));
    assert.deepEqual([status, body.error.code], [404, 'unknown_slot']);
  });
  test('says nothing without a link that holds', async () => {
    for (const path of [asked(rare, '', 'guessed'), asked({ ...rare, expires: 1 }, 'hero')]) {
      const { status, body } = await answered(path);
      assert.deepEqual([status, body.error.code], [403, 'bad_preview']);
    }
    const { headers } = await get('/?heed_explain=hero');
    assert.equal(headers['x-heed'], 'ok; v=7; slots=1');
  });
});

describe('a link that does not hold gives the untouched page', () => {
  const cases = {
    'another key': link(rare, 'guessed'),
    'a changed payload': link(rare).replace(/preview=(.{20})./, 'preview=$1A'),
    'no mac': link(rare).split('.')[0],
    expired: link({ ...rare, expires: Date.now() - 1 }),
    'another site': link({ ...rare, site: 'other.example' }),
    'an unknown trigger': link({ ...rare, trigger: 'gone' }),
    'an unknown slot': link({ ...rare, slot: 'gone' }),
    'an unknown option': link({ ...rare, options: { title: 'Three', line: 'B' } }),
    'a missing field': link({ ...rare, visitor: undefined }),
    'no object': link('rare'),
    nothing: '/?heed_preview=',
  };
  for (const [name, path] of Object.entries(cases)) {
    test(name, async () => {
      const answer = await get(path);
      assert.equal(answer.headers['x-heed'], 'bypass; reason=bad_preview');
      assert.equal(answer.body.toString(), page(body));
    });
  }
  test('an edge without a preview key has no previews', async () => {
    const closed = await startEdge({
      file,
      pages: { '/': html(page(body)) },
      bindings: { PREVIEW_KEY: '' },
    });
    const answer = await raw(closed.url + link(rare, ''));
    assert.equal(answer.headers['x-heed'], 'bypass; reason=bad_preview');
    await closed.stop();
  });
});
