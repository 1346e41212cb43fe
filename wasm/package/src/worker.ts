// The package `heed` for workers at the edge, whose hosts all have Ed25519: the build leaves the
// fallback out (fallback_none.ts).
export * from './index.ts';
