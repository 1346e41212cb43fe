// Which answers are pages that heed can rewrite, and the headers of a rewritten one.

/** Headers that would describe the origin's bytes, or let a shared cache keep a visitor's page. */
const dropped = [
  'etag',
  'last-modified',
  'content-length',
  'content-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'accept-ranges',
  'expires',
  'pragma',
  'age',
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
  'surrogate-key',
  'cache-tag',
];
const conditional = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
];

/** Whether the answer to this request could be a page to rewrite. */
export const mayBePage = (request: Request): boolean =>
  request.method === 'GET' && !request.headers.has('range');

/** The request as the origin gets it: for the whole page, in an encoding that can be read. */
export function pageRequest(request: Request): Request {
  const headers = new Headers(request.headers);
  for (const name of conditional) headers.delete(name);
  const accepted = headers.get('accept-encoding');
  if (accepted !== null) {
    headers.set(
      'accept-encoding',
      /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(accepted) ? 'gzip' : 'identity',
    );
  }
  return new Request(request, { headers });
}

export type Readable = 'page' | 'other' | 'charset' | 'encoding';

/** Whether an answer is a page, and if heed cannot read it, why. */
export function readable(response: Response): Readable {
  const [type = '', ...parameters] = (response.headers.get('content-type') ?? '').split(';');
  if (response.status !== 200 || type.trim().toLowerCase() !== 'text/html') return 'other';
  if (!response.body) return 'other';
  const charset = parameters
    .map((parameter) => parameter.trim().toLowerCase())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && !['utf-8', 'utf8'].includes(charset)) return 'charset';
  const encoding = (response.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  return ['identity', 'gzip', ''].includes(encoding) ? 'page' : 'encoding';
}

export type PageHeaders = {
  readonly cookies: readonly string[];
  readonly serverTiming: string;
  readonly heed: string;
  readonly preview: boolean;
};

/** The origin's headers, made true for a page that is one visitor's own. */
export function pageHeaders(origin: Headers, page: PageHeaders) {
  const { cookies, serverTiming, heed, preview } = page;
  const headers = new Headers(origin);
  for (const name of dropped) headers.delete(name);
  headers.set('cache-control', 'private, no-store');
  headers.append('server-timing', serverTiming);
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  headers.set('x-heed', heed);
  // The next page asks whether this one was a preview; nobody else is to learn of the link.
  if (preview) headers.set('referrer-policy', 'same-origin');
  return headers;
}

/** The origin's answer with nothing changed but the reason said. */
export function bypass(response: Response, reason: string): Response {
  const untouched = new Response(response.body, response);
  untouched.headers.set('x-heed', `bypass; reason=${reason}`);
  return untouched;
}
