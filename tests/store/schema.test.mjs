// The published schemas say what the store really answers and takes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';

import { bed } from '../cli/command.mjs';

const schemas = new URL('../../rulesets/schema/', import.meta.url);
const schema = (name) => JSON.parse(readFileSync(new URL(`${name}.schema.json`, schemas), 'utf8'));
const corpus = fileURLToPath(new URL('../fuzz/corpus/outcome/documented.ndjson', import.meta.url));
const documented = readFileSync(corpus, 'utf8').trimEnd().split('\n');

function validator(name) {
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema(name));
  return (value) => (validate(value) ? null : JSON.stringify(validate.errors));
}

describe('outcome.schema.json', () => {
  const problem = validator('outcome');
  test('takes every kind of line', () => {
    for (const line of documented) assert.equal(problem(JSON.parse(line)), null, line);
  });
  test('refuses a line without any one of its keys, and one with another', () => {
    for (const line of documented) {
      const record = JSON.parse(line);
      for (const key of Object.keys(record)) {
        const { [key]: left, ...rest } = record;
        assert.notEqual(problem(rest), null, `${line} without ${key}: ${left}`);
      }
      assert.notEqual(problem({ ...record, other: 1 }), null);
    }
  });
});

describe('report.schema.json', () => {
  const { start } = bed();
  let store;
  let address;

  before(async () => {
    store = start('serve', '--dir', 'data', '--port', '0');
    for await (const chunk of store.stdout) {
      address = /http:\/\/\S+:\d+/.exec(String(chunk))?.[0];
      if (address) break;
    }
  });
  after(() => store.kill('SIGTERM'));

  async function send(lines) {
    const headers = { 'content-type': 'application/x-ndjson' };
    const init = { method: 'POST', headers, body: lines.map((l) => JSON.stringify(l)).join('\n') };
    const answer = await fetch(`${address}/v1/shop.example/outcomes`, init);
    assert.equal(answer.status, 200, await answer.text());
  }

  test('describes a report of shown and held-out visitors, with and without intervals', async () => {
    const problem = validator('report');
    const [head, exposure, outcome] = documented.map((line) => JSON.parse(line));
    const now = Date.now();
    let first = 1;
    for (const visitors of [2, 60]) {
      const lines = [];
      for (let i = 0; i < visitors; i++) {
        const unit = (first + i).toString(16).padStart(16, '0');
        const held = i % 2 === 0;
        const shown = { ...exposure, at: now, unit, view: unit, held_out: held };
        lines.push(held ? { ...shown, variant: '', options: {}, reason: 'holdout' } : shown);
        if (i % 3 !== 2) lines.push({ ...outcome, at: now, unit, id: unit });
      }
      await send([{ ...head, first, sent: now }, ...lines]);
      first += lines.length;
      const report = await (await fetch(`${address}/v1/shop.example/report`)).json();
      assert.equal(problem(report), null);
      const grouped = await fetch(`${address}/v1/shop.example/report?by=segment`);
      assert.equal(problem(await grouped.json()), null);
      const [trigger] = report.triggers;
      assert.deepEqual(
        trigger.arms.map(({ arm }) => arm),
        ['t_easy+o_none', 'holdout'],
      );
      assert.equal(trigger.lift[0].low === null, visitors === 2);
    }
  });
});
