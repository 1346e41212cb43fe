import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createRuntime, verifyRuleset } from 'heed';

import { signedRuleset, keys } from '../../signed.mjs';
import { indexOf } from './glue.mjs';

const wasm = fileURLToPath(new URL('../../../wasm/dist/heed.wasm', import.meta.url));
const now = Date.parse('2026-11-20T10:00:00Z');

const common = {
  config: (rules) => signedRuleset(rules),
  async load(bytes) {
    const module = new WebAssembly.Module(readFileSync(wasm));
    return createRuntime({ wasm: module, ruleset: await verifyRuleset(bytes, { keys, now }) });
  },
  context: (runtime, { id: visitor, attributes }) => ({
    session: runtime.session({ visitor, view: '0000000000000001', level: 'device', now }),
    attributes: { ...attributes },
  }),
  change(runtime, context, attribute, value) {
    context.attributes[attribute] = value;
  },
};

/**
 * Unlike the peers', a decision here pays for taking the visitor's attributes from a plain object,
 * each time all of them.
 */
export const heed = {
  ...common,
  name: 'heed',
  all(runtime, { session, attributes }) {
    session.set(attributes, now);
    return session.decideAll(now);
  },
  won: (runtime, all) =>
    all.flatMap(({ trigger, options }) =>
      trigger === null ? [] : [indexOf(trigger), options.arm],
    ),
};
