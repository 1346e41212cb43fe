// Whatever is wrong with the ruleset, the visitor gets the untouched page and a reason.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import {
  heroPage,
  html,
  key,
  newKey,
  raw,
  ruleset,
  sleep,
  source,
  startEdge,
  stateOf,
  until,
} from './bed.mjs';

const pages = { '/': html(heroPage, { etag: '"v1"', 'cache-control': 'max-age=60' }) };
const good = ruleset(source());
const titled = (version, title) =>
  ruleset(
    source({ version, triggers: { t: { slot: 'hero', when: 'true', parts: { title: [title] } } } }),
  );
const get = (edge, headers = {}) => raw(`${edge.url}/`, { headers });
const saysOk = (answer) => answer.headers['x-heed']?.startsWith('ok');

/** The page and its headers are the origin's; only the reason is added. */
function assertUntouched(answer, reason) {
  assert.equal(answer.headers['x-heed'], `bypass; reason=${reason}`);
  assert.equal(answer.body.toString(), heroPage);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.etag, '"v1"');
  assert.equal(answer.headers['cache-control'], 'max-age=60');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.headers['server-timing'], undefined);
}

function flipped(bytes, at) {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 1;
  return copy;
}

describe('a refused ruleset gives the untouched page and its own reason', () => {
  const unsigned = good.subarray(0, good.length - 12 - 72);
  const cases = {
    'a flipped bit in the image': [flipped(good, 200), 'bad_signature'],
    'a flipped bit in the signature': [flipped(good, -1), 'bad_signature'],
    'no signature': [unsigned, 'unsigned'],
    'a cut file': [good.subarray(0, 100), 'truncated'],
    'no ruleset at all': [Buffer.from('{"rules": []}'), 'not_a_ruleset'],
    'an empty file': [Buffer.alloc(0), 'truncated'],
    'a key we do not know': [ruleset(source(), newKey('stranger')), 'unknown_key'],
    'another site': [ruleset(source({ site: 'other.example' })), 'wrong_site'],
    expired: [ruleset(source({ expires: '2020-01-01T00:00:00Z' })), 'expired'],
    'too large': [Buffer.alloc(17 * 1024 * 1024), 'too_large'],
  };
  for (const [name, [file, reason]] of Object.entries(cases)) {
    test(name, async () => {
      const edge = await startEdge({ file, pages });
      assertUntouched(await get(edge), reason);
      await edge.stop();
    });
  }
  test('a ruleset that cannot be had is unavailable', async () => {
    const edge = await startEdge({ file: () => ({ status: 503, body: 'no' }), pages });
    assertUntouched(await get(edge), 'unavailable');
    await edge.stop();
    const nowhere = await startEdge({ pages, bindings: { RULESET: 'http://127.0.0.1:9/x.heed' } });
    assertUntouched(await get(nowhere), 'unavailable');
    await nowhere.stop();
  });
});

describe('any other fault', () => {
  test('a ruleset later than the budget is a timeout, and is there for the next page', async () => {
    const file = async () => (await sleep(300), { body: good });
    const edge = await startEdge({ file, pages, bindings: { BUDGET_MS: 50 } });
    assertUntouched(await get(edge), 'timeout');
    await until(() => get(edge), saysOk);
    await edge.stop();
  });
  test('a callback later than the budget is a timeout, one that throws an error', async () => {
    const edge = await startEdge({ file: good, pages, bindings: { BUDGET_MS: 400 } });
    await until(() => get(edge), saysOk);
    assertUntouched(await get(edge, { 'x-test-delay': '1500' }), 'timeout');
    assertUntouched(await get(edge, { 'x-test-throw': '1' }), 'error');
    assert.ok(saysOk(await get(edge)));
    await edge.stop();
  });
  test('a state past 64 KiB is oversize', async () => {
    const slots = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`slot_${i}`, {}]));
    const triggers = Object.fromEntries(
      Object.keys(slots).map((slot) => [
        `t_${slot}`,
        { slot, when: 'true', parts: { title: ['x'] } },
      ]),
    );
    const edge = await startEdge({ file: ruleset(source({ slots, triggers })), pages });
    assertUntouched(await get(edge), 'oversize');
    await edge.stop();
  });
});

describe('a ruleset stays fresh behind pages', () => {
  test('a new version is taken without holding a page', async () => {
    const edge = await startEdge({ file: titled(7, 'Seven'), pages, bindings: { REFRESH_MS: 50 } });
    assert.match((await get(edge)).body.toString(), /Seven/);
    const eight = titled(8, 'Eight');
    edge.state.file = async () => (await sleep(1500), { body: eight });
    await sleep(60);
    const started = performance.now();
    assert.match((await get(edge)).body.toString(), /Seven/);
    assert.ok(performance.now() - started < 1000, 'the page waited for the refresh');
    const later = await until(
      () => get(edge),
      (it) => it.headers['x-heed'].includes('v=8'),
    );
    assert.match(later.body.toString(), /Eight/);
    await edge.stop();
  });
  test('pages that come before the first ruleset share one load', async () => {
    const file = async () => (await sleep(200), { body: good });
    const edge = await startEdge({ file, pages });
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(edge)));
    assert.deepEqual([...new Set(answers.map((it) => it.headers['x-heed']))], ['ok; v=7; slots=1']);
    const asked = edge.origin.requests.filter(({ url }) => url === '/ruleset.heed');
    assert.equal(asked.length, 1);
    await edge.stop();
  });
  test('a load whose page was given up is made again', async () => {
    const file = async () => (await sleep(400), { body: good });
    const edge = await startEdge({ file, pages });
    await assert.rejects(fetch(edge.url, { signal: AbortSignal.timeout(100) }));
    assert.ok(saysOk(await get(edge)));
    await edge.stop();
  });
  test('an unchanged one is not sent again', async () => {
    const file = ({ headers }) =>
      headers['if-none-match'] === '"r7"' ? { status: 304 } : { body: good };
    const edge = await startEdge({ file, pages, bindings: { REFRESH_MS: 20 } });
    edge.state.fileHeaders = { etag: '"r7"' };
    const asked = () => edge.origin.requests.filter(({ url }) => url === '/ruleset.heed');
    await until(
      () => get(edge),
      () => asked().length >= 3,
    );
    assert.deepEqual(
      asked()
        .slice(0, 3)
        .map(({ headers }) => headers['if-none-match']),
      [undefined, '"r7"', '"r7"'],
    );
    assert.ok(saysOk(await get(edge)));
    await edge.stop();
  });
  test('one that is corrupted later gives the untouched page, until a good one comes', async () => {
    const edge = await startEdge({ file: good, pages, bindings: { REFRESH_MS: 20 } });
    assert.ok(saysOk(await get(edge)));
    edge.state.file = flipped(good, 200);
    const refused = await until(
      () => get(edge),
      (answer) => !saysOk(answer),
    );
    assertUntouched(refused, 'bad_signature');
    edge.state.file = good;
    assert.ok(saysOk(await until(() => get(edge), saysOk)));
    await edge.stop();
  });
  test('a source that falls silent leaves the verified one in use', async () => {
    const edge = await startEdge({ file: good, pages, bindings: { REFRESH_MS: 20 } });
    assert.ok(saysOk(await get(edge)));
    edge.state.file = () => ({ status: 500, body: 'down' });
    const before = edge.origin.requests.length;
    await until(
      () => get(edge),
      () => edge.origin.requests.length > before + 6,
    );
    assert.ok(saysOk(await get(edge)));
    await edge.stop();
  });
  test('but never for ever: expired is untouched', async () => {
    const expires = new Date(Date.now() + 5000).toISOString();
    const edge = await startEdge({ file: ruleset(source({ expires })), pages });
    assert.ok(saysOk(await get(edge)));
    assertUntouched(
      await until(
        () => get(edge),
        (answer) => !saysOk(answer),
      ),
      'expired',
    );
    await edge.stop();
  });
});

describe('from a store, what is new comes as a patch', () => {
  const seven = titled(7, 'Seven');
  const eight = titled(8, 'Eight');
  const command =
    process.env.HEED_COMMAND ?? fileURLToPath(new URL('../../build/heed', import.meta.url));
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-edge-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name) => path.join(folder, name);
  writeFileSync(at('7.heed'), seven);
  writeFileSync(at('8.heed'), eight);
  execFileSync(command, ['patch', at('7.heed'), at('8.heed'), '-o', at('8.patch')]);
  const patch = readFileSync(at('8.patch'));

  /** Serves seven, then to who has seven this patch, and eight to anybody else. */
  async function updated(given) {
    const edge = await startEdge({ file: seven, pages, bindings: { REFRESH_MS: 20 } });
    edge.state.fileHeaders = { 'x-heed-version': '7', etag: '"r7"' };
    await until(() => get(edge), saysOk);
    edge.state.file = ({ url }) =>
      url.endsWith('?have=7')
        ? {
            body: given,
            headers: { 'x-heed-version': '8', 'content-type': 'application/vnd.heed.patch' },
          }
        : { body: eight, headers: { 'x-heed-version': '8', etag: '"r8"' } };
    const later = await until(
      () => get(edge),
      (it) => it.headers['x-heed'].includes('v=8'),
    );
    assert.match(later.body.toString(), /Eight/);
    const asked = edge.origin.requests
      .map(({ url }) => url)
      .filter((url) => url.startsWith('/rul'));
    await edge.stop();
    return asked;
  }

  test('and is verified as the file that it makes', async () => {
    const asked = await updated(patch);
    assert.deepEqual([...new Set(asked)].slice(0, 2), ['/ruleset.heed', '/ruleset.heed?have=7']);
    assert.equal(asked.filter((url) => url === '/ruleset.heed').length, 1, 'the whole came once');
  });
  const wrong = {
    'is cut': patch.subarray(0, patch.length - 3),
    'has a flipped bit': flipped(patch, patch.length - 40),
    'is for another ruleset': flipped(patch, 8),
    'is none': Buffer.from('no'),
    'is empty': Buffer.alloc(0),
    'makes too much': Buffer.concat([patch.subarray(0, 24), Buffer.from([255, 255, 255, 255, 15])]),
    'makes what nobody signed': flipped(patch, -1),
  };
  for (const [way, bytes] of Object.entries(wrong)) {
    test(`one that ${way} leads to the whole`, async () => {
      const asked = await updated(bytes);
      const first = asked.indexOf('/ruleset.heed?have=7');
      assert.ok(first > 0, asked.join(' '));
      assert.equal(asked[first + 1], '/ruleset.heed');
    });
  }
  test('a source that is no store is never asked for one', async () => {
    const edge = await startEdge({ file: seven, pages, bindings: { REFRESH_MS: 20 } });
    await until(
      () => get(edge),
      () => edge.origin.requests.filter(({ url }) => url.startsWith('/rul')).length >= 3,
    );
    assert.ok(edge.origin.requests.every(({ url }) => !url.includes('have=')));
    await edge.stop();
  });
});

describe('an older version than ever seen is refused', () => {
  test('in one isolate the newer one stays in use', async () => {
    const edge = await startEdge({ file: titled(8, 'Eight'), pages, bindings: { REFRESH_MS: 20 } });
    assert.ok(saysOk(await get(edge)));
    edge.state.file = titled(7, 'Seven');
    const before = edge.origin.requests.length;
    await until(
      () => get(edge),
      () => edge.origin.requests.length > before + 6,
    );
    assert.equal((await get(edge)).headers['x-heed'], 'ok; v=8; slots=1');
    await edge.stop();
  });
  test('between isolates by memory', async () => {
    const first = await startEdge({ file: titled(8, 'Eight'), pages });
    await first.stop();
    const bindings = { MEMORY: `${first.origin.url}/memory` };
    const newer = await startEdge({ file: titled(8, 'Eight'), pages, bindings });
    assert.ok(saysOk(await get(newer)));
    await until(
      () => first.kept.size,
      (size) => size === 2,
    );
    await newer.stop();
    const older = await startEdge({ file: titled(7, 'Seven'), pages, bindings });
    assertUntouched(await get(older), 'rolled_back');
    await older.stop();
  });
});

describe('a version stays available by hash until its pages expire', () => {
  const hashOf = (answer) => stateOf(answer.body.toString()).ruleset.hash;
  test('the exact verified bytes, immutable', async () => {
    const edge = await startEdge({ file: good, pages });
    const hash = hashOf(await get(edge));
    const answer = await raw(`${edge.url}/_heed/ruleset/${hash}`);
    assert.deepEqual(answer.body, good);
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
    await edge.stop();
  });
  test('also the one before', async () => {
    const [seven, eight] = [titled(7, 'Seven'), titled(8, 'Eight')];
    const edge = await startEdge({ file: seven, pages, bindings: { REFRESH_MS: 20 } });
    const hash = hashOf(await get(edge));
    edge.state.file = eight;
    await until(
      () => get(edge),
      (it) => it.headers['x-heed'].includes('v=8'),
    );
    assert.deepEqual((await raw(`${edge.url}/_heed/ruleset/${hash}`)).body, seven);
    await edge.stop();
  });
  test('also from another isolate, by memory', async () => {
    const [seven, eight] = [titled(7, 'Seven'), titled(8, 'Eight')];
    const keeper = await startEdge({ file: seven, pages });
    const bindings = { MEMORY: `${keeper.origin.url}/memory` };
    const first = await startEdge({ file: seven, pages, bindings });
    const hash = hashOf(await get(first));
    await until(
      () => keeper.kept.size,
      (size) => size === 2,
    );
    const second = await startEdge({ file: eight, pages, bindings });
    assert.ok(saysOk(await get(second)));
    assert.deepEqual((await raw(`${second.url}/_heed/ruleset/${hash}`)).body, seven);
    await Promise.all([keeper, first, second].map((edge) => edge.stop()));
  });
  test('an unknown hash is not found, an unverified memory is not served', async () => {
    const edge = await startEdge({ file: good, pages });
    const asked = await raw(`${edge.url}/_heed/ruleset/0123456789abcdef`);
    assert.equal(asked.status, 404);
    assert.equal(JSON.parse(asked.body).error.code, 'not_found');
    await edge.stop();
    const hash = '0123456789abcdef';
    const keeper = await startEdge({ file: good, pages });
    keeper.kept.set(`/memory/heed/ruleset/${hash}`, good);
    const bindings = { MEMORY: `${keeper.origin.url}/memory` };
    const poisoned = await startEdge({ file: good, pages, bindings });
    assert.equal((await raw(`${poisoned.url}/_heed/ruleset/${hash}`)).status, 404);
    await Promise.all([keeper, poisoned].map((it) => it.stop()));
  });
});

test('keys may be a keyring', async () => {
  const release = { threshold: 1, keys: [key.public] };
  const keyring = { heed_keyring: 1, site: 'shop.example', roles: { release } };
  const edge = await startEdge({ file: good, pages, bindings: { KEYS: JSON.stringify(keyring) } });
  assert.ok(saysOk(await get(edge)));
  await edge.stop();
});
