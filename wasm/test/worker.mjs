// A worker for tests: plays visitors' lines through the package inside workerd. It accepts a forged
// `now`, which nothing but the tests' and the demo's workers do.
import { createHeedSync, verifyRuleset } from 'heed';
import wasm from 'heed/heed.wasm';

import { play } from './play.mjs';

export default {
  async fetch(request) {
    const { ruleset, keys, lines } = await request.json();
    const bytes = Uint8Array.from(atob(ruleset), (letter) => letter.charCodeAt(0));
    try {
      const verified = await verifyRuleset(bytes, { keys, now: 0 });
      const create = (options) => createHeedSync({ wasm, ruleset: verified, ...options });
      return Response.json(lines.map((line) => play(create, line)));
    } catch ({ code, message }) {
      return Response.json({ error: { code, message } }, { status: 422 });
    }
  },
};
