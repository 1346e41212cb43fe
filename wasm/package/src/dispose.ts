// `Symbol.dispose` where the host has it; elsewhere a symbol that polyfills share.
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
