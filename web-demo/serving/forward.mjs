// Hands what a page asks of the store on to it, so that the page speaks to its own origin alone.
import http from 'node:http';

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'upgrade']);
const kept = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));

/**
 * Sends a request on to the store and its answer back, as they are; streams stay streams.
 *
 * @param store           the store's address
 * @param options.before  awaited before the answer goes back: (status) => promise
 */
export function toStore(store, request, response, { before = async () => {} } = {}) {
  const options = { method: request.method, headers: kept(request.headers) };
  const onward = http.request(store + request.url, options, (answer) => {
    before(answer.statusCode).finally(() => {
      response.writeHead(answer.statusCode, kept(answer.headers));
      answer.pipe(response);
      // A stream that breaks off in the store breaks off in the page.
      answer.on('error', () => response.destroy());
    });
  });
  onward.on('error', ({ message }) => {
    if (response.headersSent) return response.destroy();
    const error = { code: 'unreachable', message: `the store does not answer: ${message}` };
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/** Listens on loopback. @returns {url, stop}; `stop` cuts what is still open */
export async function listen(server, port) {
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
