import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createRuntime, verifyRuleset } from 'heed';

import { signedRuleset, keys } from '../../signed.mjs';
import { indexOf } from './glue.mjs';

const wasm = fileURLToPath(new URL('../../../wasm/dist/heed.wasm', import.meta.url));
const now = Date.parse('2026-11-20T10:00:00Z');

/** Words of a winner, and which holds its options. */
const winnerWords = 8;
const optionsAt = 4;

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
    return session.winners(now);
  },
  won: (runtime, all) => all.flatMap(({ trigger, options }) => [indexOf(trigger), options.arm]),
};

/** Decisions as numbers where they lie: a slot, a trigger, the options. */
export const heedTyped = {
  ...common,
  name: 'heed, numbers',
  all(runtime, { session, attributes }) {
    session.set(attributes, now);
    return session.winnersTyped(now);
  },
  won(runtime, words) {
    const list = [];
    for (let at = 0; at < words.length; at += winnerWords)
      list.push(
        Number(runtime.slots[words[at]].name.slice(1)),
        'abcd'[words[at + optionsAt] & 255],
      );
    return list;
  },
};
