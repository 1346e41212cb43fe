// A worker for tests: plays visitors' lines through the package inside workerd. It accepts a forged
// `now`, which nothing but the tests' and the demo's workers do.
import { createHeedSync, verifyRuleset } from 'heed';
import wasm from 'heed/heed.wasm';

import { explain, play } from './play.mjs';

export default {
  async fetch(request) {
    const { ruleset, keys, lines, slots, map } = await request.json();
    const bytes = Uint8Array.from(atob(ruleset), (letter) => letter.charCodeAt(0));
    try {
      const verified = await verifyRuleset(bytes, { keys, now: 0 });
      const create = (options) => createHeedSync({ wasm, ruleset: verified, ...options });
      const answer = (line) => (slots ? explain(create, line, slots, map) : play(create, line));
      return Response.json(lines.map(answer));
    } catch ({ code, message }) {
      return Response.json({ error: { code, message } }, { status: 422 });
    }
  },
};
