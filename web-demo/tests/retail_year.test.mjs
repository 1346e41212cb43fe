// A real shop's year through features, and the same quantities by SQL in SQLite: equal to the last
// of 4,000 customers. Data: UCI 352, online_retail.csv.gz in HEED_DATA, else ../shared/data.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign, createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { createRuntime, verifyRuleset } from 'heed';
import { createStudio } from 'heed/studio';

const root = fileURLToPath(new URL('../..', import.meta.url));
const data = process.env.HEED_DATA ?? path.join(root, '..', 'shared', 'data');
const file = path.join(data, 'online_retail.csv.gz');
const skip = !existsSync(file) && 'skipped: no data';
const folder = mkdtempSync(path.join(tmpdir(), 'heed-year-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const now = Date.parse('2011-12-10T00:00:00Z');
const day = 86_400_000;
const customerCount = 4000;
/** A window counts exactly so many signals; more are joined and may count too long. */
const exactCountMax = 32;
/** So many different values are told apart; beyond that they are sampled, 15 % standard error. */
const distinctCountMax = 64;

const source = {
  site: 'year.example',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  signals: {
    bought: { stock: 'string', quantity: 'number', price: 'number' },
    sent_back: { stock: 'string' },
  },
  features: {
    lines: { count: 'bought' },
    dear: { count: 'bought', where: 'price >= 5' },
    many: { count: 'bought', where: 'quantity >= 12 && price < 2' },
    bags: { count: 'bought', where: "stock.startsWith('85')" },
    returns: { count: 'sent_back' },
    lines_60d: { count: 'bought', window: '60d' },
    pieces: { sum: 'bought', value: 'quantity' },
    pieces_60d: { sum: 'bought', value: 'quantity', window: '60d' },
    usual_price: { mean: 'bought', value: 'price' },
    lowest_price: { min: 'bought', value: 'price' },
    highest_price: { max: 'bought', value: 'price' },
    stocks: { distinct: 'bought', value: 'stock' },
    share_dear: { ratio: 'dear', to: 'lines' },
    first_stock: { first: 'bought', value: 'stock' },
    since: { since: 'bought' },
    since_return: { since: 'sent_back' },
    last_stock: { last: 'bought', value: 'stock' },
    last_price: { last: 'bought', value: 'price' },
    interest: { score: 'bought', half_life: '30d' },
  },
  slots: { s: {} },
  triggers: {
    t: {
      slot: 's',
      parts: { x: ['y'] },
      when:
        'lines + dear + many + bags + returns + lines_60d + interest + last_price > 0.0 && ' +
        'pieces + pieces_60d + usual_price + lowest_price + highest_price + stocks > share_dear && ' +
        "since > since_return && last_stock != 'x' && first_stock != 'x'",
    },
  },
};

/** What each window counts of. */
const windows = { lines_60d: 'lines', pieces_60d: 'pieces' };

/** The same of each customer in SQL. Text of a number is written with all its digits. */
const query = `
.mode csv
.import year.csv year
.mode json
CREATE TABLE signal AS SELECT rowid AS place, CustomerID AS customer, StockCode AS stock,
  CAST(Quantity AS REAL) AS quantity, CAST(UnitPrice AS REAL) AS price,
  InvoiceNo LIKE 'C%' AS is_return,
  CAST(strftime('%s', InvoiceDate) AS INTEGER) * 1000 AS at
  FROM year WHERE CustomerID <> '';
CREATE INDEX by_customer ON signal(customer, at, place);
WITH chosen AS (SELECT DISTINCT customer FROM signal ORDER BY customer LIMIT ${customerCount}),
last AS (SELECT customer, stock, price FROM (SELECT customer, stock, price, row_number() OVER
  (PARTITION BY customer ORDER BY at DESC, place DESC) AS nth FROM signal WHERE NOT is_return)
  WHERE nth = 1),
first AS (SELECT customer, stock FROM (SELECT customer, stock, row_number() OVER
  (PARTITION BY customer ORDER BY at, place) AS nth FROM signal WHERE NOT is_return)
  WHERE nth = 1)
SELECT s.customer, sum(NOT is_return) AS lines,
  sum(NOT is_return AND s.price >= 5) AS dear,
  sum(NOT is_return AND quantity >= 12 AND s.price < 2) AS many,
  sum(NOT is_return AND s.stock LIKE '85%') AS bags,
  sum(is_return) AS returns,
  sum(NOT is_return AND at > ${now - 60 * day}) AS lines_60d,
  ${now} - max(CASE WHEN NOT is_return THEN at END) AS since,
  ${now} - max(CASE WHEN is_return THEN at END) AS since_return,
  sum(CASE WHEN NOT is_return THEN quantity ELSE 0 END) AS pieces,
  sum(CASE WHEN NOT is_return AND at > ${now - 60 * day} THEN quantity ELSE 0 END) AS pieces_60d,
  avg(CASE WHEN NOT is_return THEN s.price END) AS usual_price,
  min(CASE WHEN NOT is_return THEN s.price END) AS lowest_price,
  max(CASE WHEN NOT is_return THEN s.price END) AS highest_price,
  count(DISTINCT CASE WHEN NOT is_return THEN s.stock END) AS stocks,
  sum(NOT is_return AND s.price >= 5) * 1.0 / nullif(sum(NOT is_return), 0) AS share_dear,
  first.stock AS first_stock, last.stock AS last_stock, last.price AS last_price,
  sum(CASE WHEN is_return THEN 0 ELSE pow(2.0, (at - ${now}) / ${30 * day}.0) END) AS interest
FROM signal AS s JOIN chosen USING (customer) LEFT JOIN last USING (customer)
  LEFT JOIN first USING (customer)
GROUP BY s.customer ORDER BY s.customer;
`;

function bySql() {
  writeFileSync(path.join(folder, 'year.csv'), gunzipSync(readFileSync(file)));
  const options = { cwd: folder, input: query, maxBuffer: 2 ** 28 };
  return JSON.parse(execFileSync('sqlite3', [':memory:'], options));
}

/** The lines of each customer in order, read by a reader of our own: SQLite's is the other one. */
function signalsOf(customers) {
  const wanted = new Map(customers.map((it) => [it, []]));
  const text = readFileSync(path.join(folder, 'year.csv'), 'utf8');
  const cell = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
  let row = [];
  for (let match = cell.exec(text); match && match[0] !== ''; match = cell.exec(text)) {
    row.push(match[1].startsWith('"') ? match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
    if (match[2] === ',') continue;
    const [invoice, stock, , quantity, date, price, customer] = row;
    const at = Date.parse(`${date.replace(' ', 'T')}Z`);
    const line = { stock, quantity: Number(quantity), price: Number(price) };
    wanted.get(customer)?.push({ isReturn: invoice.startsWith('C'), at, line });
    row = [];
  }
  return wanted;
}

async function opened() {
  const dist = (name) => readFileSync(path.join(root, 'wasm', 'dist', name));
  const studio = await createStudio(new WebAssembly.Module(dist('heed-studio.wasm')));
  const files = [{ name: 'year.heed.json', text: JSON.stringify(source) }];
  const { compiled, diagnostics } = studio.compile(files);
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
  const pae = `DSSEv1 31 application/vnd.heed.ruleset.v1 ${compiled.image.length} `;
  const signature = sign(null, Buffer.concat([Buffer.from(pae), compiled.image]), privateKey);
  const id = createHash('sha256').update(raw).digest().subarray(0, 8);
  const tail = Buffer.concat([Buffer.from('HEEDSIG1'), Buffer.from([1, 0, 0, 0]), id, signature]);
  const bytes = Buffer.concat([compiled.image, tail]);
  const ruleset = await verifyRuleset(bytes, { keys: [raw.toString('base64url')] });
  return createRuntime({ wasm: new WebAssembly.Module(dist('heed.wasm')), ruleset });
}

function byFeatures(runtime, visitor, signals) {
  const view = '0'.repeat(16);
  const session = runtime.session({ visitor, view, level: 'device', now: 0 });
  for (const { isReturn, at, line } of [...signals].sort((a, b) => a.at - b.at)) {
    if (isReturn) session.observe('sent_back', { stock: line.stock }, at);
    else session.observe('bought', line, at);
  }
  const { inputs } = session.explain('s', now);
  session[Symbol.dispose]();
  return inputs;
}

describe("a shop's year", { skip }, () => {
  test('through features is what SQL says of it, to the last of 4,000 customers', async () => {
    const rows = bySql();
    assert.equal(rows.length, customerCount);
    const signals = signalsOf(rows.map(({ customer }) => customer));
    const runtime = await opened();
    let [exact, joined, sampled, off] = [0, 0, 0, 0];
    for (const { customer, ...expected } of rows) {
      const seen = byFeatures(runtime, customer, signals.get(customer));
      const near = (name, error) => {
        const [is, should] = [seen[name], expected[name]];
        const isNear = should === null ? is === null : Math.abs(is - should) <= error * should;
        assert.ok(isNear, `${customer}: ${name} ${is}, ${should}`);
      };
      near('interest', 1e-9);
      near('usual_price', 1e-12);
      if (expected.lines <= exactCountMax) {
        exact++;
      } else {
        for (const [name, all] of Object.entries(windows)) {
          const isOver = seen[name] >= expected[name] && seen[name] <= expected[all];
          assert.ok(isOver, `${customer}: ${name} ${seen[name]}, ${expected[name]}`);
        }
        joined++;
      }
      if (expected.stocks > distinctCountMax) {
        near('stocks', 0.75);
        off += seen.stocks / expected.stocks - 1;
        sampled++;
      }
      const approximate = new Set(['interest', 'usual_price']);
      if (expected.lines > exactCountMax)
        for (const name of Object.keys(windows)) approximate.add(name);
      if (expected.stocks > distinctCountMax) approximate.add('stocks');
      const plain = (it) => Object.entries(it).filter(([name]) => !approximate.has(name));
      const sorted = (it) => Object.fromEntries(plain(it).sort());
      assert.deepEqual(sorted(seen), sorted(expected), customer);
    }
    assert.ok(sampled > 500 && Math.abs(off / sampled) < 0.03, `${sampled} sampled, ${off}`);
    assert.ok(exact > 1500 && joined > 1000, `${exact} exact, ${joined} joined`);
  });
});
