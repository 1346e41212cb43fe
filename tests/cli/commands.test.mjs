// The commands as people use them: what they print, what they write, how they end.
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { bed, source, visitor } from './command.mjs';

const { at, done, heed, read, start, write } = bed();
const answer =
  '{"visitor":"u1","decisions":[{"slot":"hero","trigger":"r0","variant":"b","options":{"arm":"b"},' +
  '"probability":0.5,"microsegment":"all","reason":"split"}]}\n';

before(() => {
  write('t.heed.json', JSON.stringify(source));
  write('v.json', visitor);
  done('build', 't.heed.json', '-o', 't.heed');
});

const commands = [
  ...[
    'init',
    'schema',
    'new trigger',
    'check',
    'build',
    'patch',
    'keys new',
    'keys ring',
    'sign',
    'verify',
  ],
  ...['inspect', 'decide', 'explain', 'diff', 'types', 'push', 'pull', 'report', 'serve'],
];

describe('every command', () => {
  for (const command of commands) {
    test(`${command} helps, with an example that names it, and takes --json`, () => {
      const { out, err } = done(...command.split(' '), '--help');
      assert.match(out, new RegExp(`Example: heed ${command}( |\\n|$)`));
      assert.match(out, /--json/);
      assert.equal(err, '');
    });
    test(`${command} refuses an option that it does not have with status 2`, () => {
      const { status, out, err } = heed(...command.split(' '), '--no-such-option');
      assert.deepEqual([status, out], [2, '']);
      assert.match(err, new RegExp(`^heed ${command}: .*--help`));
    });
  }
  test('is listed by --help', () => {
    const { out } = done('--help');
    for (const command of commands)
      assert.match(out, new RegExp(`^  ${command.split(' ')[0]} `, 'm'));
  });
});

describe('a wrong call', () => {
  const cases = [
    [['chek', 't.heed.json'], /unknown command 'chek'; did you mean 'check'\?/],
    [['keys', 'nwe'], /unknown command 'keys nwe'; did you mean 'new'\?/],
    [['replay'], /unknown command 'replay'/],
    [[], /subcommand/],
    [['check'], /source is required/],
    [['explain', 't.heed', '--slot', 'hero'], /--visitor is required/],
    [['build', 't.heed.json', '--expires', 'tomorrow'], /--expires 'tomorrow' is not a time/],
    [['report', '--site', 't', '--format', 'xml'], /xml/],
    [['pull', '--site', 't', '--store', 'ftp://x'], /not an http or https address/],
    [['serve'], /--dir is needed/],
    [['explain', 't.heed', '--visitor', 'v.json', '--slot', 'nowhere'], /unknown_slot/],
  ];
  for (const [args, pattern] of cases) {
    test(`heed ${args.join(' ')} ends with 2`, () => {
      const { status, out, err } = heed(...args);
      assert.deepEqual([status, out], [2, '']);
      assert.match(err, pattern);
    });
  }
});

describe('init, new, check', () => {
  test('init writes a source that check is content with, and overwrites nothing', () => {
    done('init', 'new.heed.json');
    const { out, err } = done('check', 'new.heed.json');
    assert.match(out, /^new\.heed\.json: ok/);
    assert.equal(err, '');
    assert.equal(heed('init', 'new.heed.json').status, 1);
  });
  test('new trigger joins a folder whose slots it knows', () => {
    mkdirSync(at('folder'));
    write('folder/site.heed.json', JSON.stringify(source));
    done('new', 'trigger', 'cart_rescue', '--folder', 'folder', '--owner', 'growth');
    const { triggers } = JSON.parse(read('folder/cart_rescue.heed.json'));
    assert.equal(triggers.cart_rescue.slot, 'hero');
    assert.equal(triggers.cart_rescue.owner, 'growth');
    // Content with what was written, and nobody sees it before it has been filled in.
    done('check', 'folder');
    const line = visitor.replace('"DE"', '"FR"');
    assert.match(done('decide', 'folder', { input: line }).out, /"reason":"schedule"/);
    assert.equal(heed('new', 'trigger', 'cart_rescue', '--folder', 'folder').status, 1);
    assert.equal(heed('new', 'trigger', '../out', '--folder', 'folder').status, 2);
  });
  test('check reports every error at once, in text and as JSON', () => {
    const wrong = structuredClone(source);
    wrong.triggers.r0.when = "contry == 'DE' && huor > 3";
    wrong.triggers.r0.slot = 'heor';
    write('wrong.heed.json', JSON.stringify(wrong, null, 1));
    const { status, err } = heed('check', 'wrong.heed.json');
    assert.equal(status, 1);
    for (const name of ['country', 'hour', 'hero']) {
      assert.match(err, new RegExp(`^wrong\\.heed\\.json:\\d+:\\d+: .*\`${name}\``, 'm'));
    }
    const { ok, diagnostics } = JSON.parse(heed('check', 'wrong.heed.json', '--json').out);
    assert.equal(ok, false);
    assert.ok(diagnostics.length >= 3);
    assert.deepEqual(JSON.parse(done('check', 't.heed.json', '--json').out).ok, true);
  });
  test('check --watch checks again after a change, until Ctrl-C', async () => {
    write('watched.heed.json', JSON.stringify(source));
    const child = start('check', 'watched.heed.json', '--watch');
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    const until = async (pattern) => {
      for (let i = 0; i < 200 && !pattern.test(said); i += 1) await pause(25);
      assert.match(said, pattern);
    };
    await until(/ok, 0 warning/);
    write('watched.heed.json', '{');
    await until(/watched\.heed\.json:1:/);
    write('watched.heed.json', JSON.stringify(source, null, 1));
    await until(/ok, 0 warning[^]*ok, 0 warning/);
    child.kill('SIGINT');
    const status = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(status, 0);
  });
});

describe('build', () => {
  test('writes an image and its map, byte for byte the same each time', () => {
    done('build', 't.heed.json', '-o', 'again.heed');
    assert.deepEqual(read('again.heed'), read('t.heed'));
    assert.equal(JSON.parse(read('t.heedmap')).site, 't');
  });
  test('names the output after the source', () => {
    const { image, map } = JSON.parse(done('build', 't.heed.json', '--json').out);
    assert.deepEqual([image, map], ['t.heed', 't.heedmap']);
  });
  test('takes a folder, and lets a version and an expiry stand for the source', () => {
    mkdirSync(at('parts'));
    const { triggers, ...rest } = source;
    write('parts/site.heed.json', JSON.stringify(rest));
    write('parts/triggers.heed.json', JSON.stringify({ triggers }));
    done(
      'build',
      'parts',
      '-o',
      'parts.heed',
      '--version',
      '9',
      '--expires',
      '2027-01-01T00:00:00Z',
    );
    const { ruleset } = JSON.parse(done('inspect', 'parts.heed', '--json').out);
    assert.deepEqual([ruleset.version, ruleset.expires], [9, '2027-01-01T00:00:00Z']);
  });
});

describe('build --base', () => {
  const edited = structuredClone(source);
  edited.triggers.r0.when = edited.triggers.r0.when.replace('8', '9');
  test('keeps ids: equal (source, base) give equal bytes, and decisions are the same', () => {
    write('edited.heed.json', JSON.stringify(edited));
    done('build', 'edited.heed.json', '-o', 'plain.heed');
    done('build', 'edited.heed.json', '--base', 't.heed', '-o', 'kept.heed');
    done('build', 'edited.heed.json', '--base', 't.heed', '-o', 'again.heed');
    assert.deepEqual(read('kept.heed'), read('again.heed'));
    assert.match(done('diff', 'plain.heed', 'kept.heed').out, /^no difference/m);
    done('build', 't.heed.json', '--base', 't.heed', '-o', 'same.heed');
    assert.deepEqual(read('same.heed'), read('t.heed'));
  });
  test('a base that is none, or of another site, is refused by name', () => {
    const missing = heed('build', 'edited.heed.json', '--base', 'none.heed');
    assert.deepEqual(
      [missing.status, missing.err],
      [1, 'none.heed: cannot be read: No such file or directory; check the path\n'],
    );
    write('other.heed.json', JSON.stringify({ ...source, site: 'u' }));
    done('build', 'other.heed.json', '-o', 'other.heed');
    const other = heed('build', 'edited.heed.json', '--base', 'other.heed', '-o', 'x.heed');
    assert.equal(other.status, 1);
    assert.match(
      other.err,
      /the base was built for 'u', the source is of 't'; build without a base/,
    );
  });
});

describe('patch', () => {
  const said = (...args) => {
    const { status, err } = heed('patch', ...args);
    return [status, err];
  };
  test('makes the other ruleset of the one, bit for bit', () => {
    const { patch_size_bytes, size_bytes } = JSON.parse(
      done('patch', 't.heed', 'kept.heed', '-o', 'kept.patch', '--json').out,
    );
    assert.deepEqual(
      [read('kept.patch').length, read('kept.heed').length],
      [patch_size_bytes, size_bytes],
    );
    assert.ok(patch_size_bytes < 60, `${patch_size_bytes}`);
    done('patch', 't.heed', '--apply', 'kept.patch', '-o', 'made.heed');
    assert.deepEqual(read('made.heed'), read('kept.heed'));
  });
  test('what it makes verifies as the file it was made from', () => {
    done('keys', 'new', 'pat', '--site', 't');
    done('sign', 'kept.heed', '--key', 'pat.key.json');
    done('patch', 't.heed', 'kept.heed', '-o', 'signed.patch');
    done('patch', 't.heed', '--apply', 'signed.patch', '-o', 'made.heed');
    assert.deepEqual(read('made.heed'), read('kept.heed'));
    done('verify', 'made.heed', '--keyring', 'pat.keyring.json');
  });
  test('says what is wrong with a patch and what to do', () => {
    const patch = read('signed.patch');
    const apply = (bytes, base = 't.heed') => {
      write('bad.patch', bytes);
      return said(base, '--apply', 'bad.patch', '-o', 'none.heed');
    };
    const edited = (at) => Buffer.from(patch).fill(patch[at] ^ 1, at, at + 1);
    assert.deepEqual(apply('no'), [
      1,
      'bad.patch: not_a_patch: not a patch; `heed patch A B -o P` makes one\n',
    ]);
    assert.deepEqual(apply(patch.subarray(0, 60)), [
      1,
      'bad.patch: truncated: the patch ends too early, after 60 bytes; copy or make it again\n',
    ]);
    assert.deepEqual(apply(Buffer.concat([patch, patch])), [
      1,
      `bad.patch: malformed_patch: damaged at byte ${patch.length}; copy or make it again\n`,
    ]);
    assert.deepEqual(apply(patch, 'plain.heed'), [
      1,
      'bad.patch: wrong_base: it was made for another ruleset than the one given; apply it to that one, or fetch the whole\n',
    ]);
    assert.deepEqual(apply(edited(patch.length - 1)), [
      1,
      'bad.patch: wrong_result: what it makes is not what it was made from: the patch or the ruleset is damaged; fetch the whole\n',
    ]);
    const huge = Buffer.concat([
      patch.subarray(0, 24),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
    ]);
    assert.deepEqual(apply(huge), [
      1,
      'bad.patch: too_large: it would make more than any ruleset may be (16 MiB and 16 signatures)\n',
    ]);
  });
  test('refuses rulesets of two sites, and half a call', () => {
    assert.deepEqual(said('t.heed', 'other.heed', '-o', 'x.patch'), [
      1,
      'other.heed: wrong_site: this ruleset and t.heed are of different sites; give two of one site\n',
    ]);
    assert.deepEqual(said('t.heed', '-o', 'x.patch'), [
      2,
      'heed patch: needs a second ruleset or --apply PATCH; see `heed patch --help`\n',
    ]);
  });
});

describe('keys and signatures', () => {
  test('a secret is for its owner alone, never printed, never overwritten', () => {
    const { out, err } = done('keys', 'new', 'ann', '--site', 't', '--json');
    assert.equal(statSync(at('ann.key.json')).mode & 0o777, 0o600);
    const { secret } = JSON.parse(read('ann.key.json'));
    assert.equal((out + err).includes(secret), false);
    assert.equal(read('ann.pub.json').includes(secret), false);
    assert.equal(JSON.parse(out).id, JSON.parse(read('ann.pub.json')).id);
    const before = read('ann.key.json');
    assert.equal(heed('keys', 'new', 'ann').status, 1);
    assert.deepEqual(read('ann.key.json'), before);
  });
  test('sign stamps what the source left out, from its valid_for', () => {
    const { version, expires, ...rest } = source;
    assert.ok(version && expires);
    write('open.heed.json', JSON.stringify({ ...rest, valid_for: '2d' }));
    done('build', 'open.heed.json', '-o', 'open.heed');
    const from = Date.now();
    const signed = JSON.parse(done('sign', 'open.heed', '--key', 'ann.key.json', '--json').out);
    assert.equal(signed.version, 1);
    const validMs = Date.parse(signed.expires) - from;
    assert.ok(Math.abs(validMs - 2 * 86_400_000) < 60_000, signed.expires);
    done('verify', 'open.heed', '--keyring', 'ann.keyring.json');
    const { status, err } = heed('verify', 'open.heed', '--keyring', 'ann.keyring.json');
    assert.equal(status, 0);
    assert.match(err, /warning: expires at/);
  });
  test('a second signature joins the first; a new version drops both', () => {
    done('keys', 'new', 'ben');
    done('sign', 't.heed', '--key', 'ann.key.json', '-o', 'one.heed');
    const two = done('sign', 'one.heed', '--key', 'ben.key.json', '-o', 'two.heed', '--json');
    assert.equal(JSON.parse(two.out).signatures, 2);
    const again = done('sign', 'two.heed', '--key', 'ben.key.json', '-o', 'again.heed', '--json');
    assert.equal(JSON.parse(again.out).signatures, 2);
    assert.deepEqual(read('again.heed'), read('two.heed'));
    const next = done(
      'sign',
      'two.heed',
      '--key',
      'ann.key.json',
      '--version',
      '2',
      '-o',
      'next.heed',
    );
    assert.match(next.err, /2 earlier signature\(s\) no longer fit/);
    assert.equal(JSON.parse(done('inspect', 'next.heed', '--json').out).signatures.length, 1);
  });
});

describe('decide', () => {
  test('answers line by line, signed or not, compiled or not', () => {
    done('sign', 't.heed', '--key', 'ann.key.json', '-o', 'signed.heed');
    for (const file of ['t.heed', 'signed.heed', 't.heed.json']) {
      assert.equal(done('decide', file, { input: `${visitor}\n` }).out, answer);
    }
  });
  test('needs no last line break, skips blank lines, takes CRLF', () => {
    assert.equal(done('decide', 't.heed', { input: visitor }).out, answer);
    assert.equal(done('decide', 't.heed', { input: `\n${visitor}\r\n  \n\n` }).out, answer);
    assert.equal(done('decide', 't.heed', { input: '' }).out, '');
  });
  test('puts an error in the place of a wrong line, counts blank ones, and ends with 1', () => {
    const { status, out } = heed('decide', 't.heed', { input: `${visitor}\n\n{\n${visitor}\n` });
    assert.equal(status, 1);
    const lines = out.split('\n');
    assert.equal(`${lines[0]}\n`, answer);
    const wrong = JSON.parse(lines[1]);
    assert.deepEqual([wrong.line, wrong.error.code], [3, 'malformed']);
    assert.equal(`${lines[2]}\n`, answer);
  });
  test('says once what it does not know, and goes on', () => {
    const line = visitor.replace('"hour":9', '"hour":9,"moon":1');
    const { out, err } = done('decide', 't.heed', { input: `${line}\n${line}\n` });
    assert.equal(out, answer + answer);
    assert.equal(err.match(/moon/g).length, 1);
  });
  test('refuses a line of 5 MB and goes on', () => {
    const long = visitor.replace('u1', 'u'.repeat(5_000_000));
    const { status, out } = heed('decide', 't.heed', { input: `${long}\n${visitor}\n` });
    assert.equal(status, 1);
    assert.match(out, /^\{"line":1,"error":\{"code":"too_large"/);
    assert.equal(`${out.split('\n').at(-2)}\n`, answer);
  });
  test('a line of any length is one line, wherever it is cut', () => {
    // What stands behind the place of the cut is a visitor's line of its own, but for the break.
    for (const size of [4 << 20, (4 << 20) + 1, 5 << 20, 17 << 20]) {
      const input = `${' '.repeat(size)}${visitor}\n${visitor}\n`;
      const lines = heed('decide', 't.heed', { input }).out.split('\n');
      assert.equal(
        lines.length,
        3,
        `${size}: ${lines.map((line) => line.slice(0, 80)).join('\n')}`,
      );
      assert.match(lines[0], /^\{"line":1,"error":\{"code":"too_large","message":"[^"]+; .+"\}\}$/);
      assert.equal(`${lines[1]}\n`, answer);
    }
    const { out } = heed('decide', 't.heed', { input: `${'x'.repeat(9 << 20)}\n{\n` });
    assert.match(out, /^\{"line":2,"error":\{"code":"malformed"/m);
  });
  test('refuses bytes that are not UTF-8', () => {
    const bytes = Buffer.from(visitor.replace('u1', 'u\u00ff'), 'latin1');
    const { status, out } = heed('decide', 't.heed', { input: bytes });
    assert.equal(status, 1);
    assert.match(out, /"code":"not_utf8"/);
  });
  test('answers a pipe before more comes', async () => {
    const child = start('decide', 't.heed');
    for (let i = 0; i < 3; i += 1) {
      child.stdin.write(`${visitor}\n`);
      const [data] = await Promise.race([
        new Promise((resolve) => child.stdout.once('data', (chunk) => resolve([chunk.toString()]))),
        pause(10_000, ['nothing came']),
      ]);
      assert.equal(data, answer);
    }
    child.stdin.end();
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  });
  test('takes 20,000 visitors', () => {
    const input = Array.from({ length: 20_000 }, (_, i) => visitor.replace('u1', `u${i}`)).join(
      '\n',
    );
    const lines = done('decide', 't.heed', { input }).out.split('\n');
    assert.equal(lines.length, 20_001);
    const first = lines.filter((line) => line.includes('"variant":"a"')).length;
    assert.ok(first > 9_600 && first < 10_400, `${first} of 20,000 got the first option`);
  });
});

describe('explain, diff, inspect, types, schema', () => {
  test('explain gives the trace in both forms', () => {
    const args = ['explain', 't.heed', '--visitor', 'v.json', '--slot', 'hero'];
    assert.match(done(...args).out, /r0/);
    assert.equal(JSON.parse(done(...args, '--json').out).decision.trigger, 'r0');
  });
  test('explain names the file of a visitor that is wrong', () => {
    write('bad.json', '{"visitor":""}');
    const { status, err } = heed('explain', 't.heed', '--visitor', 'bad.json', '--slot', 'hero');
    assert.equal(status, 1);
    assert.match(err, /^bad\.json:1:12: bad_visitor: `visitor` must have 1 to 128 bytes/);
  });
  test('explain says where a file of many lines is wrong', () => {
    const explained = (text) => {
      write('bad.json', text);
      return heed('explain', 't.heed', '--visitor', 'bad.json', '--slot', 'hero').err;
    };
    assert.match(
      explained('{\n  "visitor": "u1",\n  "now": nope }\n'),
      /^bad\.json:3:10: malformed: `/m,
    );
    assert.match(explained(`${visitor}\n${visitor}\n`), /^bad\.json:2:1: malformed: nothing may/m);
    assert.match(explained(''), /^bad\.json:1:1: malformed: /m);
    const told = (rest) => explained(`{"visitor":"u1","now":0,\n ${rest}}`);
    assert.match(
      told('"attributes": {\n  "hour": "9"}'),
      /^bad\.json:3:11: wrong_type: attribute `hour` must be a number, not a string/m,
    );
    assert.match(told('"slots": ["hero", 5]'), /^bad\.json:2:20: wrong_type: a slot must be a/m);
    assert.match(told('"consent": "all"'), /^bad\.json:2:13: unknown_word: .*none, session,/m);
    assert.match(told('"now": 1'), /^bad\.json:2:2: duplicate_key: .*keep one/m);
    assert.match(
      told('"signals": [{"name": "x", "at": "soon"}]'),
      /^bad\.json:2:34: bad_time: `at` of signal `x` must be an RFC 3339 time such as/m,
    );
    assert.match(explained('\n {"visitor":"u"}'), /^bad\.json:2:2: missing_key: `now` is missing/m);
  });
  test('explain knows the slots, and says whose map it was given', () => {
    const slot = heed('explain', 't.heed', '--visitor', 'v.json', '--slot', 'hera');
    assert.deepEqual([slot.status, slot.out], [2, '']);
    assert.match(slot.err, /no slot `hera`; did you mean `hero`\?/);
    write('other.heedmap', '{"heedmap":1,"body":"0000000000000000"}');
    for (const map of ['other.heedmap', 'v.json']) {
      const { err } = done(
        'explain',
        't.heed',
        '--visitor',
        'v.json',
        '--slot',
        'hero',
        '--map',
        map,
      );
      assert.match(err, new RegExp(`^${map}: warning: .*another build`, 'm'));
    }
  });
  test('explain shows the first test that fails as an author writes it, clocks included', () => {
    const clock = structuredClone(source);
    clock.time_zone = 'Europe/London';
    const tests = [
      'now.getHours(time_zone) < 9',
      "now.getMonth('+02:00') == 0",
      "now - timestamp('2026-01-01T00:00:00Z') > duration('1000d')",
    ];
    for (const [i, test] of tests.entries()) {
      const parts = { arm: ['a'] };
      clock.triggers[`clock${i}`] = {
        slot: 'hero',
        when: `hour >= 8 && ${test}`,
        priority: 9,
        parts,
      };
    }
    write('clock.heed.json', JSON.stringify(clock));
    const args = ['explain', 'clock.heed.json', '--visitor', 'v.json', '--slot', 'hero'];
    const { candidates } = JSON.parse(done(...args, '--json').out);
    const failed = candidates.flatMap(({ failures }) => failures.map((failure) => failure.test));
    assert.deepEqual(failed, tests);
    for (const test of tests) assert.ok(done(...args).out.includes(`fails at ${test}\n`), test);
  });
  test('diff says what changes, and for whom', () => {
    const other = structuredClone(source);
    other.triggers.r0.when = 'hour >= 10';
    write('other.heed.json', JSON.stringify(other));
    assert.match(done('diff', 't.heed', 'other.heed.json').out, /r0[^]*hour >= 10/);
    assert.match(done('diff', 't.heed', 't.heed').out, /^no difference/m);
    const log = ['diff', 't.heed', 'other.heed.json', '--log', 'v.json', '--json'];
    const { rules, visitors } = JSON.parse(done(...log).out);
    assert.equal(rules.changed, true);
    assert.deepEqual([visitors.visitors, visitors.slots[0].slot], [1, 'hero']);
    assert.equal(heed('diff', 't.heed', 't.heed', '--log', 'nowhere').status, 1);
  });
  test('inspect lists signatures without checking them', () => {
    const { ruleset, signatures } = JSON.parse(done('inspect', 't.heed', '--json').out);
    assert.deepEqual([ruleset.site, ruleset.version, signatures], ['t', 1, []]);
    assert.match(done('inspect', 't.heed').out, /signatures: none/);
  });
  test('types and schema print what editors read', () => {
    assert.match(done('types', 't.heed').out, /"a" \| "b"/);
    assert.equal(typeof JSON.parse(done('types', 't.heed', '--json').out).types, 'string');
    assert.match(JSON.parse(done('schema').out).$schema, /json-schema\.org/);
  });
  test('a failure with --json is JSON as well', () => {
    const { status, out, err } = heed('inspect', 'nowhere.heed', '--json');
    assert.equal(status, 1);
    const { error } = JSON.parse(out);
    assert.deepEqual([error.code, error.where], ['not_found', 'nowhere.heed']);
    assert.match(err, /^nowhere\.heed: /);
  });
});
