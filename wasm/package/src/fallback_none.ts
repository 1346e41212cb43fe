// Stands for fallback.ts where every host has Ed25519: nothing is bundled, and a host without is
// told.
import { HeedError } from './errors.ts';
import type { loadEd25519 as Load } from './fallback.ts';

export const loadEd25519: typeof Load = async () => {
  throw new HeedError(
    'not_supported',
    'this host has no Ed25519 in WebCrypto; import the browser build',
    'crypto',
  );
};
