// The package `heed` for pages, web workers and Node.
export { encodeBatch } from './batch.ts';
export { HeedError } from './errors.ts';
export { createHeed, createHeedSync } from './heed.ts';
export { consentLevel, parseState } from './page.ts';
export { rehearse } from './rehearsal.ts';
export { verifyRuleset } from './ruleset.ts';
export { createRuntime } from './runtime.ts';
export { indexedDbStorage, memoryStorage } from './storage.ts';
export { fetchTransport } from './transport.ts';
export type * from './types.ts';
