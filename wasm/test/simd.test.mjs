// A browser without WebAssembly SIMD says so: the page keeps its fallbacks and knows why.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createHeed } from 'heed';

/** What a host answers that compiles nothing, with its own word on SIMD. */
async function codeWhere(validate) {
  const { compile, validate: own } = WebAssembly;
  const asked = [];
  WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('unknown opcode 0xfd'));
  WebAssembly.validate = (bytes) => {
    asked.push(own(bytes));
    return validate(bytes, own);
  };
  try {
    await createHeed({ wasm: Uint8Array.of(0), ruleset: Uint8Array.of(0), keys: [] });
    return { asked };
  } catch (error) {
    return { asked, code: error.code };
  } finally {
    Object.assign(WebAssembly, { compile, validate: own });
  }
}

test('a host that cannot compile SIMD is told apart by a module that needs nothing else', async () => {
  // The module asked about is a good one: hosts of today, this one among them, accept it.
  assert.deepEqual(await codeWhere(() => false), { asked: [true], code: 'no_simd' });
});

test('a module that is broken is not blamed on the host', async () => {
  const answer = await codeWhere((bytes, own) => own(bytes));
  assert.deepEqual(answer, { asked: [true], code: 'not_supported' });
});
