// A real shop's year as sessions: each invoice is one visit of its customer, who looks at what they
// then buy, at the invoice's own time. History cannot respond to a page, so this is an A/A run.
//
// The file is the UCI data set 352, gzipped CSV: InvoiceNo, StockCode, Description, Quantity,
// InvoiceDate, UnitPrice, CustomerID, Country. Invoices that start with C are cancellations.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { parse } from 'csv-parse';

import { Browser } from './browser.mjs';

const columns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
];
const skuCountMax = 256; // members of a set
// A wholesale order has dozens of lines: a customer opens so many products and ticks off the rest.
const pageCountMax = 6;
const times = /^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/;

const shelves = [
  ['school', /SCHOOL|LUNCH|PENCIL|NOTEBOOK|RULER|ALPHABET|BACK ?PACK/],
  ['kids', /CHILD|KIDS|BABY|TOY|DOLL|GAME|SPACEBOY|CIRCUS|PLAY|SKIPPING|TEDDY|FAIRY/],
  ['outdoor', /GARDEN|PICNIC|CAMP|UMBRELLA|PARASOL|BIRD|PLANT|LANTERN|FLASK/],
];
const shelfOf = (name) => shelves.find(([, words]) => words.test(name))?.[0] ?? 'home';

export class InputError extends Error {}

/**
 * Reads invoices until `lineCountMax` lines of customers have been taken.
 *
 * @returns {invoices: [{id, customer, at, cancelled, lines: [{sku, price, quantity}]}],
 *           products: [{sku, category, name, price}],
 *           lines: {read, taken, anonymous, cancelled, unusable}}
 * @throws InputError where the file cannot be read or is another
 */
export async function readRetail(file, lineCountMax) {
  const lines = { read: 0, taken: 0, anonymous: 0, cancelled: 0, unusable: 0 };
  const invoices = new Map();
  const products = new Map();
  const unpack = file.endsWith('.gz') ? [createGunzip()] : [];
  // A failure of any stage ends the table with it; so does the break below.
  const table = pipeline(
    [createReadStream(file), ...unpack, parse({ columns: true })],
    () => undefined,
  );
  try {
    for await (const row of table) {
      if (lines.read === 0) requireColumns(row);
      lines.read += 1;
      addLine(row, invoices, products, lines);
      if (lines.taken >= lineCountMax) break;
    }
  } catch (error) {
    throw new InputError(`${file}: ${error.message}; give the online retail CSV, packed or not`, {
      cause: error,
    });
  }
  return { invoices: [...invoices.values()], products: [...products.values()], lines };
}

function requireColumns(row) {
  const missing = columns.filter((column) => !(column in row));
  if (missing.length) throw new Error(`column ${missing.join(', ')} is missing`);
}

function addLine(row, invoices, products, lines) {
  const price = Number(row.UnitPrice);
  const quantity = Math.abs(Number(row.Quantity));
  if (!row.CustomerID) {
    lines.anonymous += 1;
    return;
  }
  if (!times.test(row.InvoiceDate) || !(price >= 0) || !(quantity > 0)) {
    lines.unusable += 1;
    return;
  }
  const cancelled = row.InvoiceNo.startsWith('C');
  if (cancelled) lines.cancelled += 1;
  else lines.taken += 1;
  const sku = row.StockCode.trim();
  const name = row.Description.trim() || sku;
  if (!products.has(sku)) products.set(sku, { sku, category: shelfOf(name), name, price });
  const line = { sku, price, quantity };
  const known = invoices.get(row.InvoiceNo);
  if (known) {
    known.lines.push(line);
    return;
  }
  const at = Date.parse(`${row.InvoiceDate.replace(' ', 'T')}Z`);
  const invoice = { id: row.InvoiceNo, customer: row.CustomerID, at, cancelled, lines: [line] };
  invoices.set(row.InvoiceNo, invoice);
}

/**
 * Which earlier invoice of the same customer a cancellation takes back: the last with its first
 * item. An invoice is taken back once.
 *
 * @returns {Map<string, string>} cancellation -> invoice
 */
export function matchCancellations(invoices) {
  const bought = new Map();
  const matches = new Map();
  const taken = new Set();
  for (const invoice of invoices) {
    for (const { sku } of invoice.lines) {
      const key = `${invoice.customer} ${sku}`;
      const sale = bought.get(key);
      if (!invoice.cancelled) bought.set(key, invoice.id);
      else if (sale !== undefined && !taken.has(sale) && !matches.has(invoice.id)) {
        taken.add(sale);
        matches.set(invoice.id, sale);
      }
    }
  }
  return matches;
}

/** A customer's visitor id: the same in every run, and not the number itself. */
const visitorOf = (customer) =>
  createHash('sha256').update(customer).digest().subarray(0, 16).toString('base64url');

function byCustomer(invoices) {
  const groups = new Map();
  for (const invoice of invoices) {
    const group = groups.get(invoice.customer);
    if (group) group.push(invoice);
    else groups.set(invoice.customer, [invoice]);
  }
  return groups;
}

/**
 * Replays the invoices: customers side by side, each customer's visits in order.
 *
 * @param site    see Browser
 * @param played  called after each invoice
 * @returns {unmatched}: cancellations whose sale is not in the file, or was taken back before
 */
export async function replayRetail(site, invoices, concurrency, played) {
  const sales = matchCancellations(invoices);
  const queue = [...byCustomer(invoices)];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [customer, visits] = next;
      const browser = new Browser(site, {
        visitor: visitorOf(customer),
        headers: { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/128.0' },
      });
      browser.consent(['analytics', 'personalisation']);
      for (const invoice of visits) {
        site.tally.sessions += 1;
        if (!invoice.cancelled) await visit(browser, invoice);
        else if (sales.has(invoice.id)) await sendBack(browser, invoice.at, sales.get(invoice.id));
        played();
      }
      await browser.leave();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { unmatched: invoices.filter(({ id, cancelled }) => cancelled && !sales.has(id)).length };
}

async function visit(browser, { id, at, lines }) {
  let { facts } = await browser.open('/', { now: at });
  for (const [i, { sku, price }] of lines.entries()) {
    if (i < pageCountMax) {
      const path = `/p/${encodeURIComponent(sku)}`;
      ({ facts } = await browser.open(path, { now: at + (i + 1) * 1000 }));
    } else {
      browser.observe('product_view', { sku, category: facts.category, price, reduced: false });
    }
    browser.observe('add_to_cart', { sku, category: facts.category, price });
  }
  const skus = [...new Set(lines.map((line) => line.sku))].slice(0, skuCountMax);
  const pence = lines.reduce((sum, line) => sum + Math.round(line.price * 100) * line.quantity, 0);
  browser.observe('purchase', { sku: skus, revenue: pence / 100 }, { id });
}

async function sendBack(browser, at, sale) {
  await browser.open('/returns', { now: at });
  browser.refund('purchase', sale);
}
