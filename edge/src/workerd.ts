// heed on Cloudflare Workers and in workerd.
import type { Geo } from './attributes.js';
import { createHandler, type Handler } from './handler.js';
import type { Options } from './options.js';
import type { Rewriter } from './rewrite.js';

export type { Memory, Options } from './options.js';

declare const HTMLRewriter: new () => Rewriter;

type CloudflareRequest = Request & {
  readonly cf?: Readonly<Record<'country' | 'region' | 'city' | 'continent' | 'timezone', unknown>>;
};

const textOrNothing = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Where Cloudflare says the visitor is; its header stands in where `cf` is absent. */
function geo(request: CloudflareRequest): Geo {
  const { cf, headers } = request;
  return {
    country: textOrNothing(cf?.country) ?? textOrNothing(headers.get('cf-ipcountry')),
    region: textOrNothing(cf?.region) ?? textOrNothing(headers.get('cf-region')),
    city: textOrNothing(cf?.city) ?? textOrNothing(headers.get('cf-ipcity')),
    continent: textOrNothing(cf?.continent) ?? textOrNothing(headers.get('cf-ipcontinent')),
    time_zone: textOrNothing(cf?.timezone) ?? textOrNothing(headers.get('cf-timezone')),
  };
}

/**
 * Personalises a site's pages: `export default personalize({...})`.
 *
 * @throws TypeError where a pattern of `match` is malformed
 */
export function personalize<Env = unknown>(options: Options<Env>): Handler<Env> {
  return createHandler({ geo, rewriter: () => new HTMLRewriter() }, options);
}
