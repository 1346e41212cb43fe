// Serves the live board as a page of its own on loopback, with the store under the same origin.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { listen, toStore } from '../serving/forward.mjs';

const own = (name) => fileURLToPath(new URL(name, import.meta.url));
const font = '@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2';
const files = {
  '/': [own('index.html'), 'text/html; charset=utf-8'],
  '/board.css': [own('dist/page.css'), 'text/css; charset=utf-8'],
  '/board.js': [own('dist/page.js'), 'text/javascript; charset=utf-8'],
  '/icon.svg': [own('../tower/icon.svg'), 'image/svg+xml'],
  '/fonts/figtree.woff2': [fileURLToPath(import.meta.resolve(font)), 'font/woff2'],
};
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/**
 * @param options.port     0 for any free one
 * @param options.store    the store's address
 * @param options.site     whose triggers are shown
 * @param options.metric   what lifts are measured in first; left out: each one's goal
 * @param options.planted  a simulation's true effects, which a button reveals: trigger -> share
 * @returns {url, stop}; a read key goes behind the address: `${url}/#read=KEY`
 */
export function startBoard({ port = 0, store, site, metric, planted }) {
  const config = JSON.stringify({ store: '', site, metric, planted });
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url, 'http://board');
    if (pathname.startsWith('/v1/')) return toStore(store, request, response);
    const send = (status, type, body) =>
      response.writeHead(status, { ...headers, 'content-type': type }).end(body);
    if (request.method !== 'GET') return send(405, 'text/plain', 'GET it');
    if (pathname === '/board.json') return send(200, 'application/json', config);
    const [file, type] = (Object.hasOwn(files, pathname) && files[pathname]) || [];
    const body = file && (await readFile(file).catch(() => undefined));
    return body ? send(200, type, body) : send(404, 'text/plain', 'There is nothing here');
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(400);
      response.end(error.message);
    });
  });
  return listen(server, port);
}
