// A guide as a reader follows it: its snippets are taken from the page itself, in its order. A
// block that names a file is that file, a console block is typed, and what stands below a command
// is what it must say.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after } from 'node:test';

import { root, sleep } from './stack.mjs';

const commandMaxMs = 60_000;

/** @returns [{language, file, text}] in the order of the page */
export function snippets(markdown) {
  const fence = /^```(\w+)(?: +(\S+))?\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(fence)].map(([, language, file, text]) => ({
    ...{ language, file, text },
  }));
}

/** @returns [{command, says}] of a console block */
export function commands(text) {
  const found = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) found.push({ command: line.slice(2), says: [] });
    else found.at(-1).says.push(line);
  }
  return found;
}

/** Sizes, dates and prints of keys differ from run to run. */
const settled = (line) =>
  line
    .trim()
    .replace(/\b[0-9a-f]{16}\b/g, '#')
    .replace(/\d+/g, '#');

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port) {
  for (let i = 0; i < 600; i++) {
    const socket = net.connect(port, '127.0.0.1');
    const answer = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (answer) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

/** A reader with a terminal, in a folder of their own below `build`. */
export class Reader {
  #shell;
  #said = '';
  #ports = new Map();
  #count = 0;
  #blocks;

  /** @param name  of the guide */
  constructor(name) {
    mkdirSync(path.join(root, 'build'), { recursive: true });
    this.folder = mkdtempSync(path.join(root, 'build', `guide-${name}-`));
    this.#blocks = snippets(readFileSync(path.join(root, 'docs', 'guide', `${name}.md`), 'utf8'));
    this.#shell = spawn('bash', ['--norc'], { cwd: root, detached: true });
    for (const stream of [this.#shell.stdout, this.#shell.stderr])
      stream.on('data', (data) => (this.#said += data));
    after(async () => {
      const ended = new Promise((resolve) => this.#shell.once('close', resolve));
      // What runs in the background is of the shell's own group.
      process.kill(-this.#shell.pid, 'SIGTERM');
      await Promise.race([ended, sleep(2000)]);
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** The guide's ports and folder, or another's: readers do not meet. */
  #own(text) {
    const folder = path.relative(root, this.folder);
    return text
      .replace(/build\/(first|edge|rules-of-mine)\b/g, folder)
      .replace(/\b8\d{3}\b/g, (port) => this.#ports.get(port) ?? port);
  }

  /** The address that the guide writes with `port`. */
  url(port) {
    return `http://localhost:${this.#ports.get(port)}/`;
  }

  /** Follows the guide from where it was left to the next snippet without a file or a command. */
  async follow() {
    for (const [port] of this.#blocks.flatMap(({ text }) => [...text.matchAll(/\b8\d{3}\b/g)]))
      if (!this.#ports.has(port)) this.#ports.set(port, String(await freePort()));
    while (this.#blocks.length) {
      const block = this.#blocks.shift();
      if (block.file) this.#write(block);
      else if (block.language === 'console') await this.#type(block);
      else return block;
    }
    return null;
  }

  #write({ file, text }) {
    const target = path.join(this.folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, this.#own(text));
  }

  async #type({ text }) {
    for (const { command, says } of commands(text)) {
      const { status, said } = await this.run(this.#own(command));
      if (status !== 0) throw new Error(`$ ${command}\nended with ${status}:\n${said}`);
      const lines = said.split('\n').map(settled);
      for (const line of says) {
        if (!lines.includes(settled(line)))
          throw new Error(`$ ${command}\ndoes not say '${line}', it says:\n${said}`);
      }
    }
  }

  /** Types a command; one that stays in the background has begun to listen when this returns. */
  async run(command) {
    this.#said = '';
    const mark = `done-${++this.#count}-`;
    const isLeft = /&\s*$/.test(command);
    this.#shell.stdin.write(`${command}\necho "${mark}$?"\n`);
    const from = Date.now();
    const end = new RegExp(`^${mark}(\\d+)$`, 'm');
    while (!end.test(this.#said)) {
      if (Date.now() - from > commandMaxMs) throw new Error(`$ ${command}\nstill runs`);
      await sleep(10);
    }
    if (isLeft) for (const port of await this.#portsOf(command)) await listens(Number(port));
    const [, status] = end.exec(this.#said);
    return { status: Number(status), said: this.#said.replace(end, '') };
  }

  /** The ports that a command, or the script that it runs, names last. */
  async #portsOf(command) {
    const script = /node (\S+\.mjs)/.exec(command)?.[1];
    const text = script ? readFileSync(path.join(this.folder, script), 'utf8') : command;
    const own = new Set(this.#ports.values());
    return (text.match(/\b\d{4,5}\b/g) ?? []).filter((port) => own.has(port));
  }
}
