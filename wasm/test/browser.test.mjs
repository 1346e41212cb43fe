// The package in real Chromium, under CSP `script-src 'self' 'wasm-unsafe-eval'`.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { bundled, compile, key, keys, signed } from './bed.mjs';
import { launch, serve, until } from './chromium.mjs';

const source = {
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  consent: { cookie: 'shop_consent', default: 'none', grants: { yes: 'device' } },
  attributes: { device: { type: 'string' } },
  signals: { view: { price: 'number' }, buy: { revenue: 'number' } },
  features: { views: { count: 'view', window: '30m' } },
  metrics: { revenue: { signal: 'buy', value: 'revenue', goal: true, window: '7d' } },
  assets: {
    words: {
      kind: 'text',
      text: '<script>window.hacked = 1</script><b onclick="hacked()">Save</b>',
    },
    photo: { kind: 'image', src: '/new.svg', srcset: '/new.svg 1x', alt: 'A "new" photo' },
    path: { kind: 'link', href: '/sale?x=1' },
    deal: { kind: 'offer', text: '10 % off' },
    no_deal: { kind: 'offer', text: '' },
  },
  slots: { hero: {}, low: {}, live: { refresh: 'live' }, gone: {} },
  triggers: {
    hero: {
      slot: 'hero',
      template: 'promo',
      parts: {
        title: ['words'],
        image: ['photo'],
        link: ['path'],
        offer: ['deal'],
        none: ['no_deal'],
      },
    },
    low: { slot: 'low', parts: { title: ['plain words'] } },
    live: { slot: 'live', when: 'views >= 2', parts: { title: ['still looking?'] } },
    gone: { slot: 'gone', parts: { title: ['never shown'] }, holdout: 1 },
  },
  templates: {
    promo: {
      version: 1,
      parts: { title: 'text', image: 'image', link: 'link', offer: 'offer', none: 'offer' },
    },
  },
};

const slots = `
<section data-heed-slot="hero"><h1 data-heed-part="title">Welcome</h1>
  <img data-heed-part="image" src="/old.svg" srcset="/old.svg 2x" alt="" width="300" height="100">
  <a data-heed-part="link" href="/home">Go</a>
  <p data-heed-part="offer" hidden></p><p data-heed-part="none" hidden></p>
  <div data-heed-slot="gone"><p data-heed-part="title">Untouched</p></div></section>
<section data-heed-slot="live"><p data-heed-part="title">Nothing yet</p></section>
<div id="space" hidden></div>
<section data-heed-slot="low" id="low"><p data-heed-part="title">Below</p></section>`;
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"/>';
const page = (extra = '') =>
  `<!doctype html><title>t</title>${slots}${extra}<script type="module" src="/page.js"></script>`;

const script = `
import * as heed from '/dist/index.js';
const bytes = async (path) => (await fetch(path)).arrayBuffer();
window.heedPackage = heed;
window.problems = [];
window.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
window.open_ = async (options = {}) => {
  window.client?.[Symbol.dispose]();
  const keys = ${JSON.stringify(keys)};
  const [wasm, ruleset] = [bytes('/dist/heed.wasm'), bytes('/shop.heed')];
  const it = await heed.createHeed({ wasm, ruleset, keys, ...options });
  it.on('error', ({ code, message }) => problems.push(code + ': ' + message));
  return (window.client = it);
};
window.loaded = true;`;

let site;
let browser;
let context;

before(async () => {
  site = await serve({
    '/': page(),
    '/page.js': script,
    '/shop.heed': signed(compile(source), [key]),
    '/new.svg': svg,
    '/old.svg': svg,
    '/binding.js': await bundled('dom.ts'),
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  await context?.close();
  site.batches.length = 0;
  site.requests.length = 0;
  site.answer = null;
  context = await browser.newContext({ viewport: { width: 800, height: 600 } });
});

async function open({ consent = 'yes', path = '/' } = {}) {
  if (consent) await context.addCookies([{ name: 'shop_consent', value: consent, url: site.url }]);
  const tab = await context.newPage();
  tab.on('pageerror', (error) => assert.fail(error));
  await tab.goto(site.url + path);
  await tab.waitForFunction('window.loaded');
  return tab;
}
/** What a store counts: a tab that dies may have sent what the next one sends again. */
const counted = () => {
  const numbered = site.batches.flatMap(({ epoch, first, records }) =>
    records.map(({ type }, i) => [`${epoch} ${first + i}`, type]),
  );
  return [...new Map(numbered).values()];
};
const types = () => site.batches.flatMap(({ records }) => records.map(({ type }) => type));
const cookieNames = async () =>
  (await context.cookies())
    .map(({ name }) => name)
    .filter((name) => name.startsWith('heed'))
    .sort();

describe('bind', () => {
  test('fills text as text, and addresses that may be followed; nothing runs', async () => {
    const tab = await open();
    const shown = await tab.evaluate(async () => {
      const shifts = [];
      new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({
        type: 'layout-shift',
        buffered: true,
      });
      (await open_()).bind(document);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const part = (name) =>
        document.querySelector(`[data-heed-slot=hero] > [data-heed-part=${name}]`);
      const image = part('image');
      return {
        title: part('title').textContent,
        children: part('title').childElementCount,
        image: ['src', 'srcset', 'alt', 'width', 'height'].map((name) => image.getAttribute(name)),
        href: part('link').getAttribute('href'),
        offer: [part('offer').textContent, part('offer').hidden],
        none: part('none').hidden,
        gone: document.querySelector('[data-heed-slot=gone]').textContent,
        hacked: 'hacked' in window,
        violations,
        problems,
      };
    });
    assert.deepEqual(shown, {
      title: '<script>window.hacked = 1</script><b onclick="hacked()">Save</b>',
      children: 0,
      image: ['/new.svg', '/new.svg 1x', 'A "new" photo', '300', '100'],
      href: '/sale?x=1',
      offer: ['10 % off', false],
      none: true,
      gone: 'Untouched',
      hacked: false,
      violations: [],
      problems: [],
    });
  });

  test('exposes at half in view for one second, and not before', async () => {
    const tab = await open();
    await tab.evaluate(async () => {
      document.body.style.margin = '0';
      space.hidden = false;
      space.style.height = '1500px';
      low.style.height = '200px';
      window.seen = [];
      const it = await open_();
      it.on('exposure', ({ slot }) => seen.push([slot, performance.now()]));
      window.boundAt = performance.now();
      window.unbind = it.bind(document);
    });
    await until(() => tab.evaluate(() => seen.length >= 1));
    assert.ok(
      await tab.evaluate(() => seen.every(([, at]) => at - boundAt >= 990)),
      'not before a second',
    );
    await tab.waitForTimeout(300);
    assert.deepEqual(
      await tab.evaluate(() => seen.map(([slot]) => slot).sort()),
      ['gone', 'hero'],
      'held out is seen too; no trigger is not',
    );
    // 80 of 200 px in view is less than half.
    await tab.evaluate(() => scrollTo(0, low.offsetTop - innerHeight + 80));
    await tab.waitForTimeout(1300);
    assert.equal(await tab.evaluate(() => seen.length), 2);
    await tab.evaluate(() => scrollTo(0, low.offsetTop - innerHeight + 120));
    await tab.waitForTimeout(600);
    await tab.evaluate(() => scrollTo(0, 0));
    await tab.waitForTimeout(800);
    assert.equal(await tab.evaluate(() => seen.length), 2, 'a glance is no exposure');
    await tab.evaluate(() => scrollTo(0, low.offsetTop - innerHeight + 120));
    await until(() => tab.evaluate(() => seen.length === 3));
    await until(() => types().length === 3);
    assert.deepEqual([...new Set(types())], ['exposure']);
  });

  test('leaves what the edge has filled, and follows a live slot', async () => {
    const decision = {
      slot: 'hero',
      trigger: 'hero',
      variant: 'x',
      options: {},
      probability: 1,
      microsegment: 'all',
      reason: 'fixed',
    };
    const state = {
      heed: 1,
      site: 'shop.example',
      ruleset: { version: 7, hash: '00' },
      view: 'a1b2c3d4e5f60718',
      decisions: [decision],
      outcomes: '/_heed/outcomes',
      ticket: 'T',
    };
    site.files['/edge'] = page(
      `<script type="application/json" id="heed-state">${JSON.stringify(state)}</script>`,
    );
    const tab = await open({ path: '/edge' });
    const shown = await tab.evaluate(async () => {
      const it = await open_();
      it.bind(document);
      const text = (slot) =>
        document.querySelector(`[data-heed-slot=${slot}] [data-heed-part=title]`).textContent;
      const first = [it.view, text('hero'), text('live'), text('low')];
      it.observe('view', { price: 1 });
      it.observe('view', { price: 1 });
      await null;
      return [...first, text('live')];
    });
    assert.deepEqual(shown, [
      'a1b2c3d4e5f60718',
      'Welcome',
      'Nothing yet',
      'plain words',
      'still looking?',
    ]);
  });

  test('after unbind nothing is filled or seen', async () => {
    const tab = await open();
    const seen = await tab.evaluate(async () => {
      const it = await open_();
      let count = 0;
      it.on('exposure', () => count++);
      it.bind(document)();
      await new Promise((resolve) => setTimeout(resolve, 1300));
      return count;
    });
    assert.equal(seen, 0);
  });

  test('no address of a script is ever set', async () => {
    const tab = await open();
    const refused = await tab.evaluate(async () => {
      const it = await open_();
      const anchor = document.querySelector('a');
      const results = [];
      for (const href of [
        'javascript:alert(1)',
        ' JavaScript:alert(1)',
        'java\nscript:alert(1)',
        'data:text/html,x',
        'vbscript:x',
        'blob:x',
        '//evil.example/x',
        'https://ok.example/',
        '?q=1',
        '#a',
        'http://[bad',
      ]) {
        const fake = {
          decide: () => ({ slot: 'hero', trigger: 't', held_out: false }),
          content: () => ({ link: { kind: 'link', href } }),
          expose() {},
          isFilled: () => false,
        };
        anchor.setAttribute('href', '/before');
        new (await import('/binding.js')).Binding(document, fake).unbind();
        results.push(anchor.getAttribute('href'));
      }
      it[Symbol.dispose]();
      return results;
    });
    assert.deepEqual(refused, [
      ...Array(6).fill('/before'),
      '//evil.example/x',
      'https://ok.example/',
      '?q=1',
      '#a',
      '/before',
    ]);
  });
});

describe('consent', () => {
  test('before it no cookie, no storage, no request; after it one batch', async () => {
    const tab = await open({ consent: null });
    const before = await tab.evaluate(async () => {
      const it = await open_();
      it.bind(document);
      it.observe('buy', { revenue: 5 }, { id: 'o1' });
      await it.flush();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return [
        document.cookie,
        localStorage.length,
        sessionStorage.length,
        (await indexedDB.databases()).length,
        it.level,
      ];
    });
    assert.deepEqual(before, ['', 0, 0, 0, 'none']);
    assert.ok(!site.requests.includes('POST /_heed/outcomes'));
    await tab.evaluate(async () => {
      document.cookie = 'shop_consent=yes';
      client.setConsent('device');
      client.expose(client.decide('hero'));
      client.observe('buy', { revenue: 5 }, { id: 'o2' });
    });
    await until(() => types().length >= 2);
    assert.deepEqual(types(), ['exposure', 'outcome']);
    assert.equal(site.batches.length, 1);
    assert.deepEqual(await cookieNames(), ['heed_id', 'heed_s']);
    const [id] = (await context.cookies()).filter(({ name }) => name === 'heed_id');
    assert.deepEqual([id.secure, id.sameSite, id.path, id.value.length], [true, 'Lax', '/', 22]);
  });

  test('forget leaves nothing behind', async () => {
    const tab = await open();
    const left = await tab.evaluate(async () => {
      const it = await open_();
      it.observe('buy', { revenue: 5 }, { id: 'o1' });
      await it.flush();
      const before = (await indexedDB.databases()).length;
      await it.forget();
      return [before, document.cookie, (await indexedDB.databases()).length];
    });
    assert.deepEqual(left, [1, 'shop_consent=yes', 0]);
  });
});

describe('the ledger', () => {
  test('money is at the store within a second, exposures within 500 ms', async () => {
    const tab = await open();
    await tab.evaluate(() => open_());
    const start = Date.now();
    await tab.evaluate(() => client.expose(client.decide('hero')));
    await until(() => types().length === 1);
    assert.ok(Date.now() - start < 700, `${Date.now() - start} ms`);
    const paid = Date.now();
    await tab.evaluate(() => client.observe('buy', { revenue: 5 }, { id: 'o1' }));
    await until(() => types().length === 2);
    assert.ok(Date.now() - paid < 500, `${Date.now() - paid} ms`);
  });

  test('survives a tab that dies while the store is away', async () => {
    site.answer = () => ({ status: 503, body: '{}' });
    const tab = await open();
    await tab.evaluate(async () => {
      const it = await open_();
      it.expose(it.decide('hero'));
      it.observe('buy', { revenue: 5 }, { id: 'o1' });
      await it.flush();
    });
    await tab.close({ runBeforeUnload: false });
    assert.deepEqual(types(), []);
    site.answer = null;
    const next = await open();
    await next.evaluate(() => open_());
    await until(() => counted().length === 2);
    assert.deepEqual(counted(), ['exposure', 'outcome']);
    assert.equal(site.batches[0].first, 1);
  });

  test('a page that is hidden sends what waits', async () => {
    const tab = await open();
    await tab.evaluate(async () => {
      const it = await open_();
      await it.flush();
      it.expose(it.decide('hero'));
    });
    await tab.goto('about:blank');
    await until(() => types().includes('exposure'));
  });

  test('without IndexedDB it is kept in memory and still sent', async () => {
    const tab = await open();
    await tab.evaluate(async () => {
      Object.defineProperty(indexedDB.constructor.prototype, 'open', {
        value: () => {
          throw new Error('refused');
        },
      });
      const it = await open_();
      it.observe('buy', { revenue: 5 }, { id: 'o1' });
    });
    await until(() => types().length === 1);
  });
});

describe('verification', () => {
  test('the library is loaded only where WebCrypto lacks Ed25519', async () => {
    const tab = await open();
    await tab.evaluate(() => open_());
    assert.ok(!site.requests.includes('GET /dist/ed25519.js'));
    const without = await open();
    await without.evaluate(async () => {
      const { importKey } = crypto.subtle;
      crypto.subtle.importKey = function (format, key, algorithm, ...rest) {
        if (algorithm === 'Ed25519')
          return Promise.reject(new DOMException('unknown', 'NotSupportedError'));
        return importKey.call(this, format, key, algorithm, ...rest);
      };
      (await open_()).decide('hero');
    });
    assert.ok(site.requests.includes('GET /dist/ed25519.js'));
    const code = await without.evaluate(async () => {
      const bytes = new Uint8Array(await (await fetch('/shop.heed')).arrayBuffer());
      bytes[100] ^= 1;
      return open_({ ruleset: bytes }).then(
        () => 'accepted',
        ({ code: it }) => it,
      );
    });
    assert.equal(code, 'bad_signature');
  });
});

describe('tabs', () => {
  const views = (tab) => tab.evaluate(() => client.decide('live').trigger);

  test('one owns the state; what happens in another counts once, everywhere', async () => {
    const first = await open();
    await first.evaluate(() => open_());
    const second = await open();
    await second.evaluate(() => open_());
    await second.evaluate(() => client.observe('view', { price: 1 }));
    await first.evaluate(() => client.observe('view', { price: 1 }));
    await until(async () => (await views(first)) === 'live' && (await views(second)) === 'live');
    await second.evaluate(() => client.observe('buy', { revenue: 5 }, { id: 'o1' }));
    await first.evaluate(() => client.observe('buy', { revenue: 5 }, { id: 'o1' }));
    await until(() => types().length > 0);
    await first.waitForTimeout(600);
    assert.deepEqual(types(), ['outcome']);
    assert.equal(new Set(site.batches.map(({ epoch }) => epoch)).size, 1, 'one writer');
  });

  test('exposures of another tab carry its own view', async () => {
    const first = await open();
    await first.evaluate(() => open_());
    const second = await open();
    await second.evaluate(() => open_());
    for (const tab of [second, first, second])
      await tab.evaluate(() => client.expose(client.decide('hero')));
    await until(() => types().length === 2);
    await first.waitForTimeout(600);
    assert.deepEqual(types(), ['exposure', 'exposure']);
  });

  test('when the owner closes, another goes on with all of it', async () => {
    const first = await open();
    await first.evaluate(() => open_());
    const second = await open();
    await second.evaluate(() => open_());
    await second.evaluate(() => client.observe('view', { price: 1 }));
    await first.close();
    await second.evaluate(() => client.observe('view', { price: 1 }));
    await second.evaluate(() => client.observe('buy', { revenue: 5 }, { id: 'o9' }));
    assert.equal(await views(second), 'live');
    await until(() => types().includes('outcome'));
    assert.equal(types().filter((type) => type === 'outcome').length, 1);
    const third = await open();
    await third.evaluate(() => open_());
    await until(async () => (await views(third)) === 'live');
  });

  test('an owner that does not answer loses the state to the tab that asks', async () => {
    const first = await open();
    await first.evaluate(() => open_());
    const second = await open();
    await second.evaluate(() => open_());
    // Its thread is busy for longer than the other waits.
    await first.evaluate(() => {
      setTimeout(() => {
        for (const end = Date.now() + 9000; Date.now() < end;);
      }, 50);
    });
    await second.waitForTimeout(200);
    await second.evaluate(() => client.observe('buy', { revenue: 5 }, { id: 'o2' }));
    await until(() => types().includes('outcome'), 8000);
  });

  test('withdrawn in one tab, it is withdrawn in all', async () => {
    const first = await open();
    await first.evaluate(() => open_());
    const second = await open();
    await second.evaluate(() => open_());
    await second.evaluate(() => client.setConsent('none'));
    await until(() => first.evaluate(() => client.level === 'none'));
    assert.deepEqual(await cookieNames(), []);
    await until(() => first.evaluate(async () => (await indexedDB.databases()).length === 0));
  });

  test('without locks every tab is a device epoch of its own', async () => {
    await context.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined, configurable: true }),
    );
    await context.addInitScript(() => delete Navigator.prototype.locks);
    for (const id of ['a', 'b']) {
      const tab = await open();
      await tab.evaluate(
        async (it) => (await open_()).observe('buy', { revenue: 5 }, { id: it }),
        id,
      );
    }
    await until(() => types().length === 2);
    assert.equal(new Set(site.batches.map(({ epoch }) => epoch)).size, 2);
    assert.equal(new Set(site.batches.map(({ device }) => device)).size, 1);
  });
});
