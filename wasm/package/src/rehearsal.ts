// A decision before there is a ruleset: hosts compile what they run when they first run it, and
// once more, in the background, what has run for a while. Both take longer than a first decision
// does. A page waits for its ruleset anyway.
import { dispose } from './dispose.ts';
import { Instance } from './instance.ts';
import { large, type Runs, small } from './rehearsal_image.ts';
import { WasmRuntime } from './runtime.ts';

const now = 0;
/** So often that the host keeps what it has learned of the calls. */
const decisionCount = 16;
/** So often that it has compiled what proves ten thousand rules twice before they arrive. */
const openCount = 14;
const sizeMax = 1 << 16; // of an image
const pageWords = 1024; // of the host's memory
const zero = 48; // as wasm/rehearsal_image.mjs writes it

function unpacked(runs: Runs): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeMax);
  let at = 0;
  for (const [text, count = 1, step = 0] of runs) {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i) ^ zero;
    const end = at + text.length * count;
    // Twice as many each time; what is too much the next run covers.
    for (let made = at + text.length; made < end; made += made - at) {
      bytes.copyWithin(made, at, made);
    }
    for (let n = 1; step !== 0 && n < count; n++) bytes[at + n * text.length]! += n * step;
    at = end;
  }
  return bytes.subarray(0, at);
}

/**
 * Makes the instance that the next runtime of `wasm` takes, and has it decide for nobody, by a scan
 * and by an index, and open a ruleset again and again. Call it while the ruleset is on its way.
 * What goes wrong here goes wrong again where it is told.
 *
 * @param opens  how often; 0 where somebody waits for this too, and many decisions follow
 */
export function rehearse(wasm: WebAssembly.Module, opens = openCount): void {
  try {
    const runtime = new WasmRuntime(wasm, unpacked(small));
    const session = runtime.session({ visitor: 'r', view: '1', level: 'none', now });
    for (let n = 1; n <= decisionCount; n++) {
      session.set({ b: true, n, s: 'x', m: ['z'] }, now);
      session.decide('a', now);
    }
    runtime.index();
    session.winners(now);
    session[dispose]();
    runtime.leave();
    if (opens === 0) return;
    const instance = Instance.of(wasm);
    // What is written for the first time waits until the host has found memory for it.
    const { words } = instance;
    for (let at = 0; at < words.length; at += pageWords) words[at] = words[at]!;
    // Last: from here on the host compiles beside what runs.
    const bytes = unpacked(large);
    for (let n = 0; n < opens; n++) {
      instance.check(instance.calls.heed_open(instance.write(bytes)));
      instance.input.leave();
      // Once: an index of that many is most of the way.
      if (n === 0) instance.check(instance.calls.heed_index());
    }
    instance.leave(wasm);
  } catch {
    // As said.
  }
}
