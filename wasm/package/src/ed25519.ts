// Ed25519 where the host's WebCrypto has none: loaded then, and only then.
import { verifyAsync } from '@noble/ed25519';

/** RFC 8032, cofactorless acceptance as in WebCrypto: what one host refuses, every host refuses. */
export function verifyEd25519(
  key: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  return verifyAsync(signature, message, key, { zip215: false });
}
