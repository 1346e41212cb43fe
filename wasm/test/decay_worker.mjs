// A worker for tests: the digest of decays inside workerd.
import { createRuntime, verifyRuleset } from 'heed';
import wasm from 'heed/heed.wasm';

import { decayDigest } from './decay.mjs';

export default {
  async fetch(request) {
    const { ruleset, keys, vector } = await request.json();
    const bytes = Uint8Array.from(atob(ruleset), (letter) => letter.charCodeAt(0));
    const verified = await verifyRuleset(bytes, { keys, now: 0 });
    return new Response(decayDigest(createRuntime({ wasm, ruleset: verified }), vector));
  },
};
