// The shop's own script, compiled with the names of its ruleset: a mistyped one is found.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const project = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
const script = fileURLToPath(new URL('../shop/client.ts', import.meta.url));
const text = readFileSync(script, 'utf8');
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(project, ts.sys.readFile).config,
  ts.sys,
  fileURLToPath(new URL('..', import.meta.url)),
);

/** What the compiler says of the shop's script with `instead` in place of `what`. */
function complaints(what, instead) {
  assert.equal(text.split(what).length, 2, `the shop's script says '${what}' once`);
  const changed = text.replace(what, instead);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === script
      ? ts.createSourceFile(name, changed, options.target, true)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([script], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

const bind = 'heed.bind(document);';
const mistakes = {
  'an attribute': [bind, `heed.set({ loyalty_teir: 'gold' }); ${bind}`, /'loyalty_teir'/],
  "an attribute's type": [bind, `heed.set({ hour: 'noon' }); ${bind}`, /type 'number'/],
  'a signal': ["observe('add_to_cart'", "observe('add_to_basket'", /"add_to_basket"/],
  "a signal's field": [
    "observe('offer_click', { slot }",
    "observe('offer_click', { slto: slot }",
    /slto/,
  ],
  'a slot': [bind, `heed.decide('heroo'); ${bind}`, /"heroo"/],
  'an option': [bind, `if (heed.decide('hero').options.title === 'hero_bakc') ${bind}`, /overlap/],
};

describe("the shop's script, with a mistake in", () => {
  test('nothing, is content', () => assert.deepEqual(complaints(bind, bind), []));
  for (const [name, [what, instead, said]] of Object.entries(mistakes)) {
    test(`${name}, is told`, () => {
      const found = complaints(what, instead);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0], said);
    });
  }
});
