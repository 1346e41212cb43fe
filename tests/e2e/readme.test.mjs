// The README's snippets, executed as they are printed: for the web developer and the edge engineer
// in the places that their guides set up, for the marketer in a folder of their own.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { newVisit } from './browser.mjs';
import { commands, freePort, Reader, snippets } from './guide.mjs';
import { root, until } from './stack.mjs';

const blocks = snippets(readFileSync(path.join(root, 'README.md'), 'utf8'));
const [forPage, forEdge] = blocks.filter(({ language }) => language === 'js');
const forMarketer = blocks.find(({ text }) => text.includes('heed init'));
const address = (url) => url.replace('localhost', '127.0.0.1').replace(/\/$/, '');

/** A reader who has followed a guide to its end. */
async function afterGuide(name) {
  const reader = new Reader(name);
  while ((await reader.follow()) !== null);
  const at = (file) => path.join(reader.folder, file);
  const ring = () => JSON.parse(readFileSync(at('me.keyring.json'), 'utf8'));
  const key = () => JSON.stringify(ring().roles.release.keys[0]);
  return { reader, at, key };
}

/** A command that must succeed. @returns what it says */
async function ran(reader, command) {
  const { status, said } = await reader.run(command);
  assert.equal(status, 0, `$ ${command}\n${said}`);
  return said;
}

describe('the readme', { concurrency: false }, () => {
  test('shows a page that decides', async () => {
    const { reader, at, key } = await afterGuide('web-developer');
    copyFileSync(at('shop.heed'), at('ruleset.heed'));
    const before = `const KEY = ${key()};\n`;
    const then = '\nObject.assign(window, { heed, hero, why: heed.explain("hero") });\n';
    writeFileSync(at('readme.js'), before + forPage.text + then);
    writeFileSync(
      at('readme.html'),
      readFileSync(at('index.html'), 'utf8').replace('/out/page.js', '/out/readme.js'),
    );
    const bundle = 'npx esbuild readme.js --bundle --format=esm --outdir=out --log-level=warning';
    await ran(reader, bundle);
    const { context, page } = await newVisit();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${reader.url('8080')}readme.html`);
    await page.waitForFunction('window.why');
    const { hero, why } = await page.evaluate('({ hero, why })');
    assert.equal(why.slot, 'hero');
    assert.deepEqual(why.decision, hero);
    assert.deepEqual(errors, []);
    await context.close();
  });

  test('shows a worker that personalises', async () => {
    const { reader, at, key } = await afterGuide('edge-engineer');
    const [store, origin] = ['8700', '8080'].map((port) => address(reader.url(port)));
    const fetchOrigin =
      `const fetch = (request) => globalThis.fetch(\n` +
      `  new Request('${origin}' + new URL(request.url).pathname, request));\n`;
    writeFileSync(
      at('readme_worker.mjs'),
      `const KEY = ${key()};\n${fetchOrigin}` +
        forEdge.text.replace('https://store.example', store),
    );
    const run = readFileSync(at('run.mjs'), 'utf8');
    const port = await freePort();
    writeFileSync(
      at('readme_run.mjs'),
      run.replace('worker.mjs', 'readme_worker.mjs').replace(/port: \d+/, `port: ${port}`),
    );
    await ran(reader, 'node readme_run.mjs &');
    const ask = () => fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-tier': 'gold' } });
    // A worker that has no ruleset yet lets the page pass when the budget is over.
    const { answer: page } = await until(
      () => ask().catch(() => null),
      (it) => it !== null && it.headers.get('x-heed') !== 'bypass; reason=timeout',
    );
    assert.match(page.headers.get('x-heed'), /^ok; v=1/);
    assert.match(await page.text(), /Good to see you/);
  });

  test('shows what a marketer types, and what it says', async () => {
    const reader = new Reader('marketer');
    while ((await reader.follow()) !== null);
    const store = address(reader.url('8700'));
    await ran(reader, 'mkdir readme && cp parent.json readme && cd readme');
    const source = path.join(reader.folder, 'readme', 'shop.heed.json');
    let good = null;
    for (const { command, says } of commands(forMarketer.text)) {
      if (command.startsWith('heed check')) {
        good = readFileSync(source, 'utf8');
        writeFileSync(source, good.replace("device == 'mobile'", "devise == 'mobile'"));
      }
      if (command.startsWith('heed push')) {
        // The guide's store knows the guide's key: this is its next version.
        copyFileSync(
          path.join(reader.folder, 'ann.key.json'),
          path.join(source, '../ann.key.json'),
        );
      }
      const yes = command.startsWith('heed push') ? ' --yes' : '';
      const { status, said } = await reader.run(
        command.replace('https://store.example', store) + yes,
      );
      assert.equal(status, says.length > 0 ? 1 : 0, `$ ${command}\n${said}`);
      for (const line of says) assert.ok(said.split('\n').includes(line), `${line}\n${said}`);
      if (good !== null && says.length > 0) writeFileSync(source, good);
    }
  });
});
