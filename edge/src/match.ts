// Which addresses are personalised.

/** The part of the standard's URLPattern that is used here; every WinterTC host has it. */
declare class URLPattern {
  constructor(init: { pathname: string } | string);
  test(input: string): boolean;
}

export type Match = (url: URL) => boolean;

/**
 * @param patterns paths or full addresses in URLPattern's syntax: `/`, `/c/*`, `/p/:sku`,
 *   `https://shop.example/*`
 * @throws TypeError where a pattern is malformed: the worker does not start
 */
export function compileMatch(patterns: readonly string[]): Match {
  const compiled = patterns.map((pattern) =>
    pattern.startsWith('/') ? new URLPattern({ pathname: pattern }) : new URLPattern(pattern),
  );
  return (url) => compiled.some((pattern) => pattern.test(url.href));
}
