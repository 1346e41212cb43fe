// What visitors need of a stack that runs: the edge's address, the module, verified rulesets.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { verifyRuleset } from 'heed';

import { connections, newTally } from './browser.mjs';
import { DemoError } from './stack.mjs';

const moduleFile = fileURLToPath(import.meta.resolve('heed/heed.wasm'));

/**
 * @param stack        see startStack
 * @param connectionCount  at once
 * @returns the `site` of Browser: each ruleset is verified once
 */
export async function siteOf(stack, connectionCount) {
  const verified = new Map();
  /** The ruleset that a page was made with; the tower may have published another since. */
  const rulesetOf = async (hash) => {
    if (!verified.has(hash)) {
      const answer = await fetch(`${stack.edge.url}/_heed/ruleset/${hash}`);
      if (!answer.ok) throw new DemoError(`the edge has no ruleset ${hash}: ${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      verified.set(hash, await verifyRuleset(bytes, { keys: stack.trusted, site: stack.site }));
    }
    return verified.get(hash);
  };
  const module = new WebAssembly.Module(await readFile(moduleFile));
  return {
    /** The stage may put another edge in its place. */
    get edge() {
      return stack.edge.url;
    },
    agent: connections(connectionCount),
    module,
    rulesetOf,
    tally: newTally(),
  };
}
