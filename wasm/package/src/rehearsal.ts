// A decision before there is a ruleset: hosts compile what they run when they first run it, and
// that takes longer than a first decision does. A page waits for its ruleset anyway.
import { dispose } from './dispose.ts';
import { image } from './rehearsal_image.ts';
import { WasmRuntime } from './runtime.ts';

const now = 0;
/** So often that the host keeps what it has learned of the calls. */
const times = 16;

/**
 * Makes the instance that the next runtime of `wasm` takes, and has it decide for nobody: by a
 * scan, then by an index. Call it while the ruleset is on its way. What goes wrong here goes wrong
 * again where it is told.
 */
export function rehearse(wasm: WebAssembly.Module): void {
  try {
    const bytes = Uint8Array.from(image, (letter) => letter.charCodeAt(0));
    const runtime = new WasmRuntime(wasm, bytes);
    const session = runtime.session({ visitor: 'r', view: '1', level: 'none', now });
    for (let n = 1; n <= times; n++) {
      session.set({ b: true, n, s: 'x', m: ['z'] }, now);
      session.decide('a', now);
    }
    runtime.index();
    session.winners(now);
    session[dispose]();
    runtime.leave();
  } catch {
    // As said.
  }
}
