// The script that Emscripten writes beside heed-studio.wasm.
import type { StudioModule } from './studio.ts';

export default function glue(options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports;
}): Promise<StudioModule>;
