// What the closing line adds up: a runner that fails must never count as a pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { junitCounts, settle, tapCounts } from './run.mjs';

test('a JUnit head gives passed, failed and skipped', () => {
  const xml =
    '<?xml version="1.0"?>\n<testsuite name="x" tests="9" failures="2" disabled="1"\n skipped="3">';
  assert.deepEqual(junitCounts(xml), { passed: 3, failed: 2, skipped: 4 });
  assert.equal(junitCounts(''), null);
});

test('a TAP summary counts cancelled tests as failed', () => {
  const tap = '# tests 9\n# pass 4\n# fail 1\n# cancelled 2\n# skipped 1\n# todo 1\n';
  assert.deepEqual(tapCounts(tap), { passed: 4, failed: 3, skipped: 2 });
  assert.equal(tapCounts('TAP version 13\n'), null);
});

test('a runner that never started, ran nothing or hid its failure counts as a failure', () => {
  const none = { passed: 0, failed: 0, skipped: 0 };
  assert.equal(settle(null, null).failed, 1);
  assert.equal(settle(none, 0).failed, 1);
  assert.equal(settle({ ...none, passed: 5 }, 1).failed, 1);
  assert.deepEqual(settle({ ...none, passed: 5 }, 0), { passed: 5, failed: 0, skipped: 0 });
  assert.equal(settle({ ...none, passed: 5, failed: 2 }, 1).failed, 2);
});
