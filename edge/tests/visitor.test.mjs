// Who a page is decided for: consent, cookies as hostile bytes, and what a request says.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  always,
  consented,
  cookiesOf,
  html,
  page,
  raw,
  ruleset,
  source,
  startEdge,
  stateOf,
} from './bed.mjs';

const request = (type) => ({ type, source: 'request' });
const names = [
  'country',
  'city',
  'device',
  'os',
  'browser',
  'language',
  'path',
  'host',
  'referrer',
];
const campaigns = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'];
const attributes = {
  ...Object.fromEntries([...names, ...campaigns].map((name) => [name, request('string')])),
  languages: request('set'),
  returning: request('bool'),
  cookie_theme: request('string'),
  cookie_visits: request('number'),
  cookie_heed_id: request('string'),
  cookie_vip: { type: 'bool', source: 'profile' },
  tier: { type: 'string', source: 'profile' },
  scroll: { type: 'number', source: 'page' },
  moon_phase: request('string'),
};
const when = (slot, condition) => ({ ...always(slot, { text: ['yes'] }), when: condition });
const file = ruleset(
  source({
    attributes,
    slots: { mobile: {}, gold: {}, vip: {}, split: {} },
    triggers: {
      mobile: when('mobile', "device == 'mobile'"),
      gold: when('gold', "tier == 'gold'"),
      vip: when('vip', 'cookie_vip'),
      split: {
        ...always('split', { arm: ['a', 'b'] }),
        policy: { split: { arm: { a: 0.5, b: 0.5 } } },
      },
    },
  }),
);
const edge = await startEdge({ file, pages: { '/': html(page('<p>shop</p>')) } });
const get = (headers = {}, path = '/') => raw(edge.url + path, { headers });

/** The request attributes that the edge says it has set. */
async function told(headers, path) {
  const timing = (await get(headers, path)).headers['server-timing'];
  return JSON.parse(Buffer.from(/heed-request;desc="([^"]*)"/.exec(timing)[1], 'base64url'));
}
const won = async (headers) =>
  stateOf((await get(headers)).body.toString()).decisions.map(({ slot }) => slot);
const arm = async (headers) =>
  stateOf((await get(headers)).body.toString()).decisions.find(({ slot }) => slot === 'split')
    .variant;

const id = 'AbCdEfGhIjKlMnOpQrStUv';
const granted = (names, more = '') => ({ cookie: `shop_consent=${names}; ${more}` });

describe('consent', () => {
  test('at level none no cookie is set', async () => {
    assert.deepEqual(cookiesOf(await get()), {});
    assert.deepEqual(cookiesOf(await get(granted('marketing'))), {});
  });
  test('at level none cookies from before are deleted', async () => {
    const cookies = cookiesOf(await get({ cookie: `heed_id=${id}; heed_s=AAAA` }));
    assert.equal(cookies.heed_id, 'heed_id=; Max-Age=0; Path=/; SameSite=Lax; Secure');
    assert.equal(cookies.heed_s, 'heed_s=; Max-Age=0; Path=/; SameSite=Lax; Secure');
  });
  test('at level session heed_id ends with the browser', async () => {
    const { heed_id: cookie } = cookiesOf(await get(granted('analytics')));
    assert.match(cookie, /^heed_id=[A-Za-z0-9_-]{22}; Path=\/; SameSite=Lax; Secure$/);
  });
  test('at level device heed_id lasts two years', async () => {
    const { heed_id: cookie } = cookiesOf(await get(granted('analytics,personalisation')));
    assert.match(cookie, /^heed_id=[A-Za-z0-9_-]{22}; Max-Age=63072000; Path=\/; SameSite=Lax; S/);
  });
  test('names may be joined with . or , and percent-encoded', async () => {
    for (const names of ['x.personalisation', 'x%2Cpersonalisation', '"x,personalisation"']) {
      assert.match(cookiesOf(await get(granted(names))).heed_id ?? '', /Max-Age=63072000/, names);
    }
  });
  test('Global Privacy Control lowers the level to what the ruleset leaves', async () => {
    assert.deepEqual(cookiesOf(await get({ ...consented, 'sec-gpc': '1' })), {});
    assert.ok(cookiesOf(await get({ ...consented, 'sec-gpc': '0' })).heed_id);
  });
  test('names of the language, such as constructor, grant nothing', async () => {
    assert.deepEqual(cookiesOf(await get(granted('constructor.__proto__.toString'))), {});
  });
  test('without consent the unit is the view: draws last one page view', async () => {
    const cookie = `heed_id=${id}`;
    const arms = await Promise.all(Array.from({ length: 40 }, () => arm({ cookie })));
    assert.equal(new Set(arms).size, 2);
  });
  test('with consent draws follow the visitor', async () => {
    const headers = granted('analytics', `heed_id=${id}`);
    const arms = await Promise.all(Array.from({ length: 10 }, () => arm(headers)));
    assert.equal(new Set(arms).size, 1);
  });
});

describe('both cookies are hostile bytes', () => {
  test('a known visitor keeps the id', async () => {
    const { heed_id: cookie } = cookiesOf(await get(granted('analytics', `heed_id=${id}`)));
    assert.ok(cookie.startsWith(`heed_id=${id};`));
  });
  test('a heed_id of another form is replaced, never echoed', async () => {
    const forms = [
      'short',
      `${id}x`,
      'AbCdEfGhIjKlMnOpQrStU=',
      '%0d%0aset-cookie:a',
      'ü'.repeat(22),
    ];
    for (const form of forms.map((text) => Buffer.from(text).toString('latin1'))) {
      const { heed_id: cookie } = cookiesOf(await get(granted('analytics', `heed_id=${form}`)));
      assert.match(cookie, /^heed_id=[A-Za-z0-9_-]{22};/, form);
      assert.ok(!cookie.includes(form), form);
    }
  });
  const random = (size) =>
    Buffer.from(Array.from({ length: size }, (_, i) => (i * 197 + 13) & 255));
  const snapshots = {
    empty: '',
    'not base64url': '%%%%',
    'of an impossible length': 'A',
    'of one byte': 'AA',
    'of random bytes': random(300).toString('base64url'),
    'of the largest size': random(1500).toString('base64url'),
    oversize: 'A'.repeat(2001),
    huge: 'A'.repeat(7000),
  };
  for (const [name, value] of Object.entries(snapshots)) {
    test(`a heed_s that is ${name} is an empty session`, async () => {
      const plain = await get(granted('analytics', `heed_id=${id}`));
      const answer = await get(granted('analytics', `heed_id=${id}; heed_s=${value}`));
      assert.equal(answer.headers['x-heed'], plain.headers['x-heed']);
      const decisions = (it) => stateOf(it.body.toString()).decisions;
      assert.deepEqual(decisions(answer), decisions(plain));
    });
  }
  test('the edge never writes heed_s on a page: with script the browser owns it', async () => {
    const answer = await get(granted('analytics', `heed_id=${id}; heed_s=AAAA`));
    assert.equal(cookiesOf(answer).heed_s, undefined);
  });
  test('a profile fact is never read from a cookie', async () => {
    const cookie = 'shop_consent=analytics; tier=gold; cookie_vip=true; vip=true; heed_tier=gold';
    const slots = await won({ cookie });
    assert.ok(!slots.includes('gold') && !slots.includes('vip'), slots.join());
  });
  test('a profile fact comes from the attributes callback', async () => {
    assert.ok((await won({ ...consented, 'x-tier': 'gold' })).includes('gold'));
  });
  test('profile facts are not told to the page', async () => {
    assert.equal((await told({ ...consented, 'x-tier': 'gold' })).tier, undefined);
  });
});

const agents = {
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1',
  ipad: 'Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Version/16.0 Mobile/15E148 Safari/604.1',
  pixel: 'Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130.0.0.0 Mobile Safari/537.36',
  galaxyTab: 'Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/130.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  chromebook: 'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/130.0.0.0 Safari/537.36',
};

describe('a request becomes attributes', () => {
  const devices = {
    iphone: ['mobile', 'ios', 'safari'],
    ipad: ['tablet', 'ios', 'safari'],
    pixel: ['mobile', 'android', 'chrome'],
    galaxyTab: ['tablet', 'android', 'chrome'],
    edge: ['desktop', 'windows', 'edge'],
    firefox: ['desktop', 'linux', 'firefox'],
    chromebook: ['desktop', 'chromeos', 'chrome'],
  };
  for (const [name, expected] of Object.entries(devices)) {
    test(`device, os and browser of ${name}`, async () => {
      const { device, os, browser } = await told({ 'user-agent': agents[name] });
      assert.deepEqual([device, os, browser], expected);
    });
  }
  test('client hints outweigh the user agent', async () => {
    const headers = { 'sec-ch-ua-mobile': '?1', 'sec-ch-ua-platform': '"Android"' };
    const { device, os } = await told({ 'user-agent': agents.firefox, ...headers });
    assert.deepEqual([device, os], ['mobile', 'android']);
  });
  test('decisions follow them', async () => {
    assert.ok((await won({ 'user-agent': agents.iphone })).includes('mobile'));
    assert.ok(!(await won({ 'user-agent': agents.edge })).includes('mobile'));
  });
  test('languages come in order of wish', async () => {
    const accept = 'fr;q=0.5, en-GB, de-AT;q=0.9, *;q=0.1, xx;q=0';
    const { language, languages } = await told({ 'accept-language': accept });
    assert.equal(language, 'en');
    assert.deepEqual(languages, ['en-gb', 'en', 'de-at', 'de', 'fr']);
  });
  test('place comes from the CDN', async () => {
    const { country, city } = await told({ 'cf-ipcountry': 'GB', 'cf-ipcity': 'Leeds' });
    assert.deepEqual([country, city], ['GB', 'Leeds']);
  });
  test('campaign, path and host come from the address', async () => {
    const path = '/?utm_source=mail&utm_medium=e-mail&utm_campaign=b%26w&utm_term=x&utm_content=y';
    const attributes = await told({}, path);
    const values = campaigns.map((name) => attributes[name]);
    assert.deepEqual(values, ['mail', 'e-mail', 'b&w', 'x', 'y']);
    assert.deepEqual([attributes.path, attributes.host], ['/', new URL(edge.url).host]);
  });
  test('a referrer is another site', async () => {
    const referrer = async (referer) => (await told({ referer })).referrer;
    assert.equal(await referrer('https://news.example:8443/a?b'), 'news.example');
    assert.equal(await referrer(`${edge.url}/c/kids`), undefined);
    assert.equal(await referrer('not an address'), undefined);
  });
  test("the site's own cookies become attributes, of the declared type", async () => {
    const cookie = 'theme=dark%20blue; visits=12; heed_id=x';
    const attributes = await told({ cookie });
    assert.equal(attributes.cookie_theme, 'dark blue');
    assert.equal(attributes.cookie_visits, 12);
    assert.equal(attributes.cookie_heed_id, undefined);
    assert.equal((await told({ cookie: 'visits=0x10; theme=%E0%A4%A' })).cookie_visits, undefined);
  });
  test('returning tells whether the visitor is known', async () => {
    assert.equal((await told({ cookie: `heed_id=${id}` })).returning, true);
    assert.equal((await told({})).returning, false);
  });
  test('only what the ruleset declares with source request is set', async () => {
    const attributes = await told({ cookie: 'vip=true', 'cf-timezone': 'Europe/London' });
    for (const name of ['cookie_vip', 'tier', 'scroll', 'moon_phase', 'time_zone', 'region']) {
      assert.equal(attributes[name], undefined, name);
    }
  });
  test('oversize values are left out', async () => {
    const path = `/?utm_source=${'x'.repeat(1025)}&utm_term=${'x'.repeat(1024)}`;
    const { utm_source: long, utm_term: fits } = await told({}, path);
    assert.equal(long, undefined);
    assert.equal(fits?.length, 1024);
  });
});

test('no request can break a page: 500 of random bytes', async () => {
  let seed = 20261122;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const pool = [...';=,."%&?#/\\ \'<>{}[]:@é\u00ff\t0Aaz-_+*'];
  const noise = (size) =>
    Array.from({ length: random(size) }, () => pool[random(pool.length)]).join('');
  const names = ['accept-language', 'user-agent', 'referer', 'sec-ch-ua-mobile', 'sec-gpc'];
  for (let i = 0; i < 500; i++) {
    const hostile = Object.fromEntries(names.map((name) => [name, noise(60)]));
    const known = `shop_consent=personalisation${noise(9)}; heed_id=${noise(30)}; heed_s=${noise(300)}`;
    const cookie = random(2) ? known : noise(400);
    const path = `/?utm_source=${noise(20)}&${noise(40)}`.replaceAll(/[^!-~]/g, '%41');
    const { status, headers } = await get({ ...hostile, cookie }, path);
    assert.equal(status, 200);
    assert.match(
      headers['x-heed'],
      /^ok|reason=bot$/,
      `${JSON.stringify(hostile)} ${cookie} ${path}`,
    );
  }
});

describe('known bots get the untouched page', () => {
  const bots = [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'facebookexternalhit/1.1',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)',
  ];
  for (const agent of bots) {
    test(agent, async () => {
      const answer = await get({ ...consented, 'user-agent': agent });
      assert.equal(answer.body.toString(), page('<p>shop</p>'));
      assert.equal(answer.headers['x-heed'], 'bypass; reason=bot');
      assert.equal(answer.headers['set-cookie'], undefined);
    });
  }
  test('browsers are no bots', async () => {
    for (const agent of Object.values(agents)) {
      assert.match((await get({ 'user-agent': agent })).headers['x-heed'], /^ok/, agent);
    }
  });
});
