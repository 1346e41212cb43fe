// The package's one error: data that can also be thrown.
import type { ErrorCode, HeedProblem } from './types.ts';

export class HeedError extends Error implements HeedProblem {
  override readonly name = 'HeedError';
  readonly code: ErrorCode;
  /** A byte offset for formats; a name for calls. */
  readonly where: string | number;

  constructor(code: ErrorCode, message: string, where: string | number = 0) {
    super(message);
    this.code = code;
    this.where = where;
  }
}

export function problem(code: ErrorCode, message: string, where: string | number = 0): HeedProblem {
  return { code, message, where };
}
