// A real shop's year as sessions: each invoice is one visit of its customer, who looks at what they
// then buy, at the invoice's own time. History cannot respond to a page, so this is an A/A run.
//
// The file is the UCI data set 352, gzipped CSV: InvoiceNo, StockCode, Description, Quantity,
// InvoiceDate, UnitPrice, CustomerID, Country. Invoices that start with C are cancellations.
import { createReadStream } from 'node:fs';
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
const times = /^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/;

/**
 * Reads invoices until `lineCountMax` lines of customers have been taken.
 *
 * @returns {invoices: [{id, customer, at, cancelled, lines: [{sku, price, quantity}]}],
 *           products: [{sku, name, price}], lines: {read, taken, anonymous, cancelled, unusable}}
 */
export async function readRetail(file, lineCountMax) {
  const lines = { read: 0, taken: 0, anonymous: 0, cancelled: 0, unusable: 0 };
  const invoices = new Map();
  const products = new Map();
  const raw = createReadStream(file);
  const text = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  const table = text.pipe(parse({ columns: true }));
  const failed = new Promise((_, reject) => {
    for (const stream of [raw, text]) stream.on('error', reject);
  });
  failed.catch(() => undefined);
  const take = async () => {
    for await (const row of table) {
      if (lines.read === 0) requireColumns(row, file);
      lines.read += 1;
      addLine(row, invoices, products, lines);
      if (lines.taken >= lineCountMax) break;
    }
  };
  await Promise.race([take(), failed]);
  return { invoices: [...invoices.values()], products: [...products.values()], lines };
}

function requireColumns(row, file) {
  const missing = columns.filter((column) => !(column in row));
  if (missing.length)
    throw new Error(`${file}: column ${missing.join(', ')} is missing; give the online retail CSV`);
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
  if (!products.has(sku)) products.set(sku, { sku, name: row.Description.trim() || sku, price });
  const known = invoices.get(row.InvoiceNo);
  const line = { sku, price, quantity };
  if (known) known.lines.push(line);
  else {
    const at = Date.parse(`${row.InvoiceDate.replace(' ', 'T')}Z`);
    invoices.set(row.InvoiceNo, {
      id: row.InvoiceNo,
      customer: row.CustomerID,
      at,
      cancelled,
      lines: [line],
    });
  }
}

/** Which earlier invoice of the same customer a cancellation takes back: the last with its first item. */
export function matchCancellations(invoices) {
  const bought = new Map();
  const matches = new Map();
  for (const invoice of invoices) {
    for (const { sku } of invoice.lines) {
      const key = `${invoice.customer} ${sku}`;
      if (!invoice.cancelled) bought.set(key, invoice.id);
      else if (bought.has(key) && !matches.has(invoice.id))
        matches.set(invoice.id, bought.get(key));
    }
  }
  return matches;
}

/**
 * Replays the invoices: customers side by side, each customer's visits in order.
 *
 * @param site    see Browser
 * @param report  called with the number of invoices played so far
 */
export async function replayRetail(site, invoices, concurrency, report) {
  const refunds = matchCancellations(invoices);
  const byCustomer = Map.groupBy?.(invoices, (invoice) => invoice.customer) ?? grouped(invoices);
  const queue = [...byCustomer];
  let played = 0;
  const refunded = new Set();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [customer, visits] = next;
      const browser = new Browser(site, {
        visitor: `c-${customer}`,
        headers: { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/128.0' },
      });
      browser.consent(['analytics', 'personalisation']);
      for (const invoice of visits) {
        site.tally.sessions += 1;
        if (invoice.cancelled) await cancel(site, browser, invoice, refunds, refunded);
        else await visit(site, browser, invoice);
        report(++played);
      }
      await browser.leave();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

function grouped(invoices) {
  const groups = new Map();
  for (const invoice of invoices) {
    const group = groups.get(invoice.customer);
    if (group) group.push(invoice);
    else groups.set(invoice.customer, [invoice]);
  }
  return groups;
}

async function visit(site, browser, { id, at, lines }) {
  const { tally } = site;
  let heed = null;
  for (const [i, { sku, price }] of lines.entries()) {
    const now = at + i * 1000;
    const page = { page_type: 'product', price };
    ({ heed } = await browser.open(`/p/${encodeURIComponent(sku)}`, { now, page }));
    heed?.observe('product_view', { sku, category: 'home', price, reduced: false });
    if (heed?.observe('add_to_cart', { sku, category: 'home', price })) tally.outcomes += 1;
  }
  const skus = [...new Set(lines.map((line) => line.sku))].slice(0, skuCountMax);
  const pence = lines.reduce((sum, line) => sum + Math.round(line.price * 100) * line.quantity, 0);
  if (heed?.observe('purchase', { sku: skus, revenue: pence / 100 }, { id })) tally.outcomes += 1;
}

async function cancel(site, browser, { id, at }, refunds, refunded) {
  const { tally } = site;
  const invoice = refunds.get(id);
  if (invoice === undefined || refunded.has(invoice)) {
    tally.unmatched = (tally.unmatched ?? 0) + 1;
    return;
  }
  const { heed } = await browser.open('/', { now: at, page: { page_type: 'returns' } });
  refunded.add(invoice);
  if (heed?.refund('purchase', invoice)) tally.refunds = (tally.refunds ?? 0) + 1;
}
