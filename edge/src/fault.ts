// Why a page is left alone, as a code for the x-heed header.

export class Fault extends Error {
  readonly code: string;
  constructor(code: string, message: string = code) {
    super(message);
    this.code = code;
  }
}

/** The code that an error carries, be it ours or the package's; `error` for any other. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[a-z][a-z_]{0,40}$/.test(code) ? code : 'error';
}
