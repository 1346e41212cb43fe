// Runs a worker in real workerd on this machine: bundles it, writes a configuration into a folder
// of its own, picks a free port, stops by pid. Tests and the demo share it (`heed-edge/dev`).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { build } from 'esbuild';
import workerd from 'workerd';

const startTimeoutMs = 30_000;

/** Bundles `entry`; every .wasm it imports becomes a module of its own, beside the bundle. */
async function bundle(entry, folder) {
  const wasm = new Map();
  const keepWasm = {
    name: 'wasm-modules',
    setup(builder) {
      builder.onResolve({ filter: /\.wasm(\?bytes)?$/ }, ({ path: specifier, resolveDir }) => {
        const asBytes = specifier.endsWith('?bytes');
        const name = specifier.replace('?bytes', '');
        const file = createRequire(path.join(resolveDir, 'x.js')).resolve(name);
        const module = `${path.basename(file)}${asBytes ? '.bytes' : ''}`;
        wasm.set(module, { file, kind: asBytes ? 'data' : 'wasm' });
        return { path: `./${module}`, external: true };
      });
    },
  };
  await build({
    entryPoints: [entry],
    outfile: path.join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [keepWasm],
    logLevel: 'error',
  });
  await Promise.all([...wasm].map(([name, { file }]) => copyFile(file, path.join(folder, name))));
  return [...wasm].map(([name, { kind }]) => ({ name, kind }));
}

function config(modules, bindings, port) {
  const text = JSON.stringify;
  const embed = ({ name, kind }) => `(name = ${text(name)}, ${kind} = embed ${text(name)})`;
  const bind = ([name, value]) => `(name = ${text(name)}, text = ${text(String(value))})`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "edge", worker = (
      modules = [${modules.map(embed).join(', ')}],
      bindings = [${Object.entries(bindings).map(bind).join(', ')}],
      compatibilityDate = ${text(workerd.compatibilityDate)},
    )),
  ],
  sockets = [(name = "http", address = ${text(`127.0.0.1:${port}`)}, http = (), service = "edge")],
);
`;
}

/** Waits for workerd to say which port it listens on. */
function listening(child, log) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`workerd ${why}\n${log.text}`));
    const timer = setTimeout(() => fail(`did not start in ${startTimeoutMs} ms`), startTimeoutMs);
    let said = '';
    child.stdio[3].on('data', (data) => {
      said += data;
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(said)?.[1];
      if (port) resolve(Number(port));
      if (port) clearTimeout(timer);
    });
    child.once('error', (error) => fail(`cannot be run: ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
}

/**
 * Starts one worker.
 *
 * @param options.entry     the worker's source file
 * @param options.bindings  name -> text, in the worker's `env`
 * @param options.port      default 0: any free one
 * @returns {url, pid, log, stop}: `log.text` is all that workerd has printed
 */
export async function startWorkerd({ entry, bindings = {}, port = 0 }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-workerd-'));
  const wasm = await bundle(entry, folder);
  const modules = [{ name: 'worker.js', kind: 'esModule' }, ...wasm];
  const file = path.join(folder, 'config.capnp');
  await writeFile(file, config(modules, bindings, port), { mode: 0o600 });
  const log = { text: '' };
  const child = spawn(workerd.default, ['serve', file, '--control-fd=3'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => (log.text = (log.text + data).slice(-64 * 1024)));
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const chosen = await listening(child, log);
    return { url: `http://127.0.0.1:${chosen}`, pid: child.pid, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
