// push, pull and report against a store of their own.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { xxh64 } from '../vectors/draw.mjs';
import { bed, heedCommand, source, visitor } from './command.mjs';

const { done, heed, onTerminal, read, start, write } = bed();
const { version, expires, ...open } = source;
let store;
let address;

/** Starts the store on a free port; its address. */
async function serve(...more) {
  store = start('serve', '--dir', 'data', '--port', '0', '--keyring', 'ann.keyring.json', ...more);
  let said = '';
  store.stdout.on('data', (data) => (said += data));
  store.stderr.on('data', (data) => (said += data));
  for (let i = 0; i < 400 && !said.includes('http'); i += 1) await pause(25);
  const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
  assert.ok(found, said);
  return found[0];
}

async function stop() {
  const ended = new Promise((resolve) => store.on('exit', resolve));
  store.kill('SIGINT');
  return await ended;
}

before(async () => {
  assert.ok(version && expires);
  write('open.heed.json', JSON.stringify(open));
  write('v.json', visitor);
  done('keys', 'new', 'ann', '--site', 't');
  done('keys', 'new', 'ben', '--site', 't');
  address = await serve('--publish-key', 'publish-me');
});
after(() => store.kill('SIGKILL'));

const at = () => ['--store', address, '--token', 'publish-me'];
const push = (...more) => ['push', 'open.heed.json', '--key', 'ann.key.json', ...at(), ...more];

describe('push and pull', { concurrency: false }, () => {
  test('nothing is there to pull at first', () => {
    const { status, err } = heed('pull', '--site', 't', ...at());
    assert.equal(status, 1);
    assert.match(err, /no_ruleset/);
  });
  test('where no store answers, the address is said and what to do', () => {
    const { status, err } = heed('pull', '--site', 't', '--store', 'http://127.0.0.1:1');
    assert.equal(status, 3);
    assert.match(err, /^http:\/\/127\.0\.0\.1:1\/v1\/t\/ruleset: .*heed serve.*--store$/m);
  });
  test('the first push is version 1, in a dry run too', () => {
    const dry = JSON.parse(done(...push('--dry-run', '--json')).out);
    assert.deepEqual([dry.published, dry.version, dry.difference], [false, 1, null]);
    assert.match(done(...push()).out, /published version 1/);
  });
  test('a push leaves what was written beside the version, for whoever goes on with it', async () => {
    const url = `${address}/v1/t/ruleset/source?version=1`;
    const headers = { authorization: 'Bearer publish-me' };
    const { files } = await (await fetch(url, { headers })).json();
    assert.deepEqual(files, [{ name: 'open.heed.json', text: JSON.stringify(open) }]);
  });
  test('the next shows what changes, and for whom, and takes the next version', () => {
    const changed = structuredClone(open);
    changed.triggers.r0.when = 'hour >= 10';
    write('open.heed.json', JSON.stringify(changed));
    const {
      published,
      version: next,
      difference,
    } = JSON.parse(done(...push('--log', 'v.json', '--json')).out);
    assert.deepEqual([published, next, difference.rules.changed], [true, 2, true]);
    assert.equal(difference.visitors.visitors, 1);
  });
  test('the same rules again are called so, and a new version all the same', () => {
    assert.match(done(...push('--dry-run')).out, /^no difference: the rules are the same/m);
  });
  test('conditions are shown in the words of the source, on both sides', () => {
    const words = structuredClone(open);
    words.triggers.r0.when = '!(hour < 10) && (hour < 20)';
    write('words.heed.json', JSON.stringify(words));
    const args = ['push', 'words.heed.json', '--key', 'ann.key.json', ...at(), '--dry-run'];
    assert.match(done(...args).out, /when {2}hour >= 10 -> !\(hour < 10\) && \(hour < 20\)/);
  });
  test('nothing is published on a log with lines that are refused', () => {
    write('bad.ndjson', `${visitor}\nnope\n`);
    const { status, out, err } = heed(...push('--log', 'bad.ndjson'));
    assert.equal(status, 1);
    assert.match(err, /^bad\.ndjson:2: malformed: /m);
    assert.match(err, /^bad\.ndjson: refused_lines: nothing is published/m);
    assert.doesNotMatch(out, /^published/m);
  });
  test('somebody at a terminal is asked, and decides', () => {
    const command = [heedCommand, ...push()].map((word) => `'${word}'`).join(' ');
    // `script` runs it on a terminal of its own.
    const answered = (answer, more = '') =>
      onTerminal(`${command} ${more}`, `${answer}\n`).replaceAll('\r', '');
    const question = 'publish version 3 of t at http://[0-9.:]+\\? \\[y/N\\] ';
    const declined = new RegExp(`${question}[^]*open\\.heed\\.json: declined: nothing was`);
    assert.match(answered('n'), declined);
    assert.match(answered(''), declined);
    assert.match(answered('y'), new RegExp(`${question}[^]*published version 3`));
    assert.match(answered('', '--yes'), /^published version 4/m);
    assert.doesNotMatch(answered('', '--yes'), /\[y\/N\]/);
  });
  test('pull writes what the keyring accepts', () => {
    done('pull', '--site', 't', '--keyring', 'ann.keyring.json', '-o', 'pulled.heed', ...at());
    done('verify', 'pulled.heed', '--keyring', 'ann.keyring.json');
    const before = read('pulled.heed');
    const strange = heed(
      'pull',
      '--site',
      't',
      '--keyring',
      'ben.keyring.json',
      '-o',
      'pulled.heed',
      ...at(),
    );
    assert.equal(strange.status, 1);
    assert.match(strange.err, /unknown_key/);
    assert.deepEqual(read('pulled.heed'), before);
  });
  test('a version that is not newer is refused before anything is sent', () => {
    write('old.heed.json', JSON.stringify({ ...open, version: 2 }));
    const { status, err } = heed('push', 'old.heed.json', '--key', 'ann.key.json', ...at());
    assert.equal(status, 1);
    assert.match(err, /version_not_newer/);
  });
  test("a stranger's key and a wrong token are refused by the store", () => {
    const stranger = heed('push', 'open.heed.json', '--key', 'ben.key.json', ...at());
    assert.equal(stranger.status, 1);
    assert.match(stranger.err, /unknown_key/);
    const args = ['push', 'open.heed.json', '--key', 'ann.key.json', '--store', address];
    assert.equal(heed(...args, '--token', 'guess').status, 1);
  });
  test('a source that is wrong is never sent', () => {
    write('wrong.heed.json', JSON.stringify({ ...open, slots: {} }));
    const { status, err } = heed('push', 'wrong.heed.json', '--key', 'ann.key.json', ...at());
    assert.equal(status, 1);
    assert.match(err, /^wrong\.heed\.json:1:\d+: /);
  });
});

describe('report', () => {
  test('comes as text, JSON and CSV', () => {
    assert.match(done('report', '--site', 't', ...at()).out, /^t: ruleset version 5/);
    const json = done('report', '--site', 't', '--format', 'json', ...at()).out;
    assert.equal(JSON.parse(json).ruleset, 5);
    assert.equal(JSON.parse(done('report', '--site', 't', '--json', ...at()).out).site, 't');
    assert.match(
      done('report', '--site', 't', '--format', 'csv', ...at()).out,
      /^trigger,slot,arm/,
    );
  });
  test('counts what was sent', async () => {
    // u2 draws option a; the store refuses what the draws do not say.
    const unit = xxh64('u2', xxh64('t', 0n)).toString(16).padStart(16, '0');
    const shown = {
      type: 'exposure',
      at: Date.now(),
      ruleset: 5,
      unit,
      view: 'a1b2c3d4e5f60718',
      slot: 'hero',
      trigger: 'r0',
      variant: 'a',
      options: { arm: 'a' },
      probability: 0.5,
      microsegment: 'all',
      reason: 'split',
      held_out: false,
    };
    const head = { heed: 1, device: '00000000000000a1', epoch: '5f0c6b2d9e3a1144', first: 1 };
    const { variant, options, probability, reason, held_out, ...seen } = shown;
    assert.ok(variant && options && probability && reason && !held_out);
    const held = { ...seen, type: 'suppressed', cap: 'campaign', limit: 'session' };
    const lines = [{ ...head, sent: Date.now(), ticket: '' }, shown, held];
    const response = await fetch(`${address}/v1/t/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    });
    const said = await response.text();
    assert.equal(response.status, 200, said);
    assert.equal(JSON.parse(said).accepted, 2, said);
    const { out } = done('report', '--site', 't', ...at());
    assert.match(out, /1 exposures/);
    assert.match(out, /r0 \(hero/);
    assert.match(out, /held back by caps 1 times, 1 visitors: campaign session 1/);
    assert.match(done('report', '--site', 't', '--by', 'stage', ...at()).out, /\n all:\n {2}a /);
    const wrong = heed('report', '--site', 't', '--by', 'stage', '--format', 'csv', ...at());
    assert.deepEqual([wrong.status, /leave --format csv out/.test(wrong.err)], [2, true]);
    assert.match(out, /sent 2, acknowledged 2 \(counted 2, refused 0\), in flight 0/);
  });
});

describe('serve', { concurrency: false }, () => {
  test('ends cleanly on Ctrl-C and comes back with what it had', async () => {
    assert.equal(await stop(), 0);
    const gone = heed('report', '--site', 't', ...at());
    assert.equal(gone.status, 3);
    assert.match(gone.err, /connect/i);
    address = await serve('--publish-key', 'publish-me');
    assert.match(done('report', '--site', 't', ...at()).out, /version 5/);
  });
  test('a folder in use and a keyring that is none are said in one sentence', () => {
    const second = heed('serve', '--dir', 'data', '--port', '0');
    assert.equal(second.status, 3, second.err);
    assert.notEqual(second.err, '');
    write('none.json', '{}');
    assert.equal(heed('serve', '--dir', 'more', '--port', '0', '--keyring', 'none.json').status, 1);
  });
});
