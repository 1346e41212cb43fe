// The driver's own arithmetic: the books notice whatever is off, history is read as it was written.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { ledgerFaults, table, triggerTable, truthFaults, winFaults } from '../demo/books.mjs';
import { newTally } from '../demo/browser.mjs';
import { addChance, baseRate } from '../demo/generated.mjs';
import { Page } from '../demo/page.mjs';
import { matchCancellations, readRetail } from '../demo/retail.mjs';

describe('the books', () => {
  const tally = {
    ...newTally(),
    ...{ sessions: 2, pages: 3, decisions: 10, exposed: 6, offscreen: 3, private: 1 },
    ...{ outcomes: 2, refunds: 1, acknowledged: 9 },
  };
  const ledger = { exposures: 6, outcomes: 2, refunds: 1, missing: 0 };

  test('balance where both sides agree', () => {
    assert.deepEqual(ledgerFaults(tally, { ledger }), []);
  });
  const wrong = {
    'an exposure less in the store': [{}, { exposures: 5 }],
    'an outcome twice in the store': [{}, { outcomes: 3 }],
    'a refund lost': [{}, { refunds: 0 }],
    'a record never acknowledged': [{ acknowledged: 8 }, {}],
    'a decision nobody knows of': [{ decisions: 11 }, {}],
    'a shown decision not measured': [{ decisions: 11, unmeasured: 1 }, {}],
    'a page that the edge left alone': [{ bypassed: 1 }, {}],
    'a record that waits': [{ pending: 1 }, {}],
    'a record dropped': [{ dropped: 1 }, {}],
    'a gap in the store': [{}, { missing: 1 }],
    'an order counted again': [{ recounted: 1 }, {}],
    'an error in a page': [{ errors: [new Error('x')] }, {}],
  };
  for (const [name, [ours, theirs]] of Object.entries(wrong)) {
    test(`do not balance with ${name}`, () => {
      const report = { ledger: { ...ledger, ...theirs } };
      assert.notDeepEqual(ledgerFaults({ ...tally, ...ours }, report), []);
    });
  }
});

describe('the planted truth', () => {
  const own = { metric: 'add_to_cart', measure: 'rate', treatment: 'shown', control: 'holdout' };
  const trigger = (name, low, high, state = 'collecting') => ({
    trigger: name,
    exposures: 10,
    state,
    arms: [],
    lift: [{ ...own, difference: (low + high) / 2, low, high, state }],
  });
  const found = (promise, hurry, story) => ({
    triggers: [
      trigger('returns_promise', ...promise),
      trigger('hurry_banner', ...hurry),
      trigger('workshop_story', ...story),
    ],
  });
  const even = [-0.02, 0.03];

  test('is found where each interval covers it and the lift excludes 0', () => {
    assert.deepEqual(truthFaults(found([0.02, 0.09], [-0.09, -0.02], even)), []);
  });
  test('is missed where an interval leaves it out, or the lift does not exclude 0', () => {
    assert.match(truthFaults(found([0.07, 0.09], [-0.09, -0.02], even))[0], /misses/);
    assert.match(truthFaults(found([-0.01, 0.09], [-0.09, -0.02], even))[0], /exclude 0/);
    assert.match(truthFaults(found([0.02, 0.09], [-0.05, -0.02], even))[0], /hurry.*misses/);
    assert.match(truthFaults(found([0.02, 0.09], [-0.09, -0.02], [0.01, 0.03]))[0], /story/);
  });
  test('cannot be judged on too few visitors', () => {
    assert.equal(truthFaults({ triggers: [] }).length, 3);
  });
  test('shows beside what was found', () => {
    const text = triggerTable(found([0.02, 0.09], even, even), 'add_to_cart', {
      hurry_banner: -0.06,
    });
    assert.match(text, /hurry_banner.*\u22126\.00/);
  });
  test('allows no win in history', () => {
    assert.deepEqual(winFaults({ triggers: [trigger('a', -1, 1)] }), []);
    assert.match(winFaults({ triggers: [trigger('a', 1, 2, 'clear')] })[0], /called a win/);
  });
});

test('a table lines up under its heading', () => {
  assert.equal(
    table([
      ['a', 'b'],
      ['long', 1],
    ]),
    'a     b\nlong  1',
  );
});

describe('a page', () => {
  const page = new Page(`<body data-page-type="product" data-price="4.5" data-sku="a&amp;b">
    <section data-heed-slot="product_promise"><p>If it is not right, <b>send it</b> back&nbsp;</p>
    <a class="x" href="/c/kids?a=1&amp;b=2">More</a></section>
    <p>Hurry! Selling out fast</p></body>`);

  test('says what it is about', () => {
    assert.deepEqual(page.facts, { pageType: 'product', price: '4.5', sku: 'a&b' });
  });
  test('shows words slot by slot', () => {
    assert.match(page.text('product_promise'), /^If it is not right, send it back/);
    assert.equal(page.text('hero'), '');
    assert.equal(page.link('product_promise'), '/c/kids?a=1&b=2');
  });
  test('moves a visitor by what its slots say, and by nothing else', () => {
    assert.equal(addChance(page), baseRate);
    const slot = (name, words) =>
      new Page(`<section data-heed-slot="${name}"><p>${words}</p></section>`);
    const promise = slot('product_promise', 'If it is not right, send it back free.');
    assert.equal(addChance(promise), baseRate + 0.06);
    assert.equal(addChance(slot('product_urgency', 'Hurry! Selling out fast')), baseRate - 0.06);
    assert.equal(addChance(slot('product_story', 'Mended in our Yorkshire workshop')), baseRate);
  });
});

describe('history', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-demo-'));
  after(() => rm(folder, { recursive: true }));
  const heading =
    'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
  const rows = [
    '1,A,"MUG, BLUE",2,2010-12-01 08:26:00,2.5,17,UK',
    '1,B,SCHOOL BAG,1,2010-12-01 08:26:00,9,17,UK',
    '2,A,MUG,1,2010-12-01 09:00:00,2.5,,UK',
    '3,A,MUG,x,2010-12-01 09:00:00,2.5,17,UK',
    'C4,A,MUG,-2,2010-12-02 09:00:00,2.5,17,UK',
    'C5,B,SCHOOL BAG,-1,2010-12-02 10:00:00,9,17,UK',
    'C6,A,MUG,-1,2010-12-02 10:00:00,2.5,18,UK',
  ];
  const file = async (name, text) => {
    const at = path.join(folder, name);
    await writeFile(at, name.endsWith('.gz') ? gzipSync(text) : text);
    return at;
  };

  test('counts every line of the file as one thing or another', async () => {
    for (const name of ['a.csv', 'a.csv.gz']) {
      const { lines, products } = await readRetail(
        await file(name, [heading, ...rows].join('\n')),
        9,
      );
      assert.deepEqual(lines, { read: 7, taken: 2, anonymous: 1, cancelled: 3, unusable: 1 });
      assert.deepEqual(
        products.map(({ sku, category, name: said }) => [sku, category, said]),
        [
          ['A', 'home', 'MUG, BLUE'],
          ['B', 'school', 'SCHOOL BAG'],
        ],
      );
    }
  });
  test("takes an invoice back once, and only its own customer's", async () => {
    const { invoices } = await readRetail(await file('b.csv', [heading, ...rows].join('\n')), 9);
    assert.deepEqual([...matchCancellations(invoices)], [['C4', '1']]);
  });
  test('stops after as many lines as were asked for', async () => {
    const { lines } = await readRetail(await file('c.csv', [heading, ...rows].join('\n')), 1);
    assert.equal(lines.read, 1);
  });
  test('explains a file that is missing, packed wrongly or another', async () => {
    await assert.rejects(readRetail(path.join(folder, 'no.csv'), 9), /no\.csv.*ENOENT/);
    await assert.rejects(readRetail(await file('d.csv', 'a,b\n1,2'), 9), /InvoiceNo.*is missing/);
    const plain = path.join(folder, 'e.csv.gz');
    await writeFile(plain, heading);
    await assert.rejects(readRetail(plain, 9), /e\.csv\.gz: .*header/);
  });
});
