// `./dev demo` as a person starts it: one address, one sentence for what is in the way, and nothing
// left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { root, until } from './stack.mjs';

const state = path.join(root, '.demo');
const scratch = await mkdtemp(path.join(tmpdir(), 'heed-demo-'));
after(() => rm(scratch, { recursive: true, force: true }));

/** Two ports in a row that nobody has. */
async function freePorts() {
  for (;;) {
    const servers = [net.createServer(), net.createServer()];
    try {
      servers[0].listen(0, '127.0.0.1');
      await once(servers[0], 'listening');
      const { port } = servers[0].address();
      servers[1].listen(port + 1, '127.0.0.1');
      await once(servers[1], 'listening');
      return port;
    } catch {
      // The next one is somebody's: elsewhere then.
    } finally {
      for (const server of servers) server.close();
    }
  }
}

/** Starts the demo; `said` grows with what it prints. */
function startDemo(port, env = { BROWSER: 'none' }) {
  const child = spawn('node', ['web-demo/demo.mjs', '--port', String(port)], {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch, ...env },
  });
  const demo = { child, said: '', ended: once(child, 'exit').then(([code]) => code) };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (demo.said += data));
  return demo;
}
const isUp = (demo) =>
  until(
    () => demo.said,
    (said) => said.includes('Ctrl-C stops'),
    60_000,
  );

/** Processes that the demo has started, by their parents. */
async function childrenOf(pid) {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}
const isRunning = (pid) => existsSync(`/proc/${pid}`);

async function stop(demo) {
  demo.child.kill('SIGINT');
  return demo.ended;
}

describe('./dev demo', { concurrency: false }, () => {
  test('shows the stage at the one address that it prints; Ctrl-C leaves nothing', async () => {
    const port = await freePorts();
    const marks = path.join(scratch, 'opened');
    const browser = path.join(scratch, 'browser');
    await writeFile(browser, `#!/bin/sh\necho "$1" > '${marks}'\n`);
    await chmod(browser, 0o755);
    const demo = startDemo(port, { BROWSER: browser });
    await isUp(demo);
    await until(
      () => demo.said,
      (said) => said.includes('opens in your browser'),
    );
    const addresses = [...demo.said.matchAll(/http:\S+/g)].map(([address]) => address);
    assert.deepEqual(addresses, [`http://127.0.0.1:${port}/stage/`]);
    assert.equal((await readFile(marks, 'utf8')).trim(), addresses[0], 'the browser was given it');
    const page = await fetch(addresses[0]);
    assert.match(await page.text(), /<script type="module" src="\/stage\/stage.js">/);
    const parts = await childrenOf(demo.child.pid);
    assert.ok(parts.length >= 2, 'store and edge run');

    const second = startDemo(await freePorts());
    assert.equal(await second.ended, 3);
    const pid = demo.child.pid;
    assert.match(
      second.said,
      new RegExp(
        `^demo: a demo is running already \\(process ${pid}\\); stop it with Ctrl-C first\n$`,
      ),
    );
    assert.ok(existsSync(state), 'and the first has kept its folder');

    assert.equal(await stop(demo), 0);
    await until(
      () => parts.filter(isRunning),
      (running) => running.length === 0,
    );
    assert.equal(existsSync(state), false);
    const left = (await readdir(scratch)).filter((name) => !['browser', 'opened'].includes(name));
    assert.deepEqual(left, []);
  });

  test('says which port is in use, and leaves nothing', async () => {
    const port = await freePorts();
    for (const taken of [port, port + 1]) {
      const server = http.createServer().listen(taken, '127.0.0.1');
      await once(server, 'listening');
      const demo = startDemo(port);
      assert.equal(await demo.ended, 3);
      assert.match(
        demo.said,
        new RegExp(`^demo: port ${taken} cannot be used \\(EADDRINUSE\\); .*--port N\n$`),
      );
      assert.equal(existsSync(state), false);
      server.close();
    }
  });

  test('says so where there is no browser, and runs all the same', async () => {
    const reasons = [
      [
        { BROWSER: path.join(scratch, 'absent') },
        /BROWSER names '.*absent', which does not start; open http:\S+ yourself\./,
      ],
      [
        { BROWSER: '', DISPLAY: '', WAYLAND_DISPLAY: '' },
        /no screen here to show a browser on; open http:\S+ yourself\./,
      ],
      [
        { BROWSER: '', DISPLAY: ':99', PATH: path.dirname(process.execPath) + '/none' },
        /No browser was found; open http:\S+ yourself\./,
      ],
    ];
    for (const [env, sentence] of reasons) {
      const { openBrowser } = await import('../../web-demo/stage/open.mjs');
      const before = process.env.PATH;
      if (env.PATH) process.env.PATH = env.PATH;
      const said = await openBrowser('http://127.0.0.1:1/stage/', env);
      process.env.PATH = before;
      assert.match(said, sentence);
    }
    const port = await freePorts();
    const demo = startDemo(port, reasons[0][0]);
    await isUp(demo);
    await until(
      () => demo.said,
      (said) => reasons[0][1].test(said),
    );
    assert.equal((await fetch(`http://127.0.0.1:${port}/stage/`)).status, 200);
    assert.equal(await stop(demo), 0);
  });
});
