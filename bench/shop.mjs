// The demo's parts and a browser, for what is measured on real pages.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { requireBuilt, startStack } from '../web-demo/demo/stack.mjs';
import { startOrigin } from '../web-demo/shop/origin.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `work` on store, origin, edge and tower in a folder of their own, on free ports. */
export async function withShop(work) {
  requireBuilt();
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
  try {
    const stack = await startStack({
      folder,
      rulesets: path.join(root, 'rulesets', 'shop'),
      origin: (trust) => startOrigin(trust),
      ports: { store: 0, edge: 0, tower: 0 },
      tickets: true,
      say: () => {},
    });
    try {
      return await work(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs `work` with Chromium as Debian ships it: {browser, port}, the port for its tools. */
export async function withBrowser(work) {
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--remote-debugging-port=${port}`],
  });
  try {
    return await work({ browser, port });
  } finally {
    await browser.close();
  }
}
