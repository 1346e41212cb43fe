// Where Ed25519 comes from when WebCrypto lacks it. A module of its own, so that hosts that never
// lack it leave the library out of their bundle.
export async function loadEd25519() {
  const { verifyEd25519 } = await import('./ed25519.ts');
  return verifyEd25519;
}
