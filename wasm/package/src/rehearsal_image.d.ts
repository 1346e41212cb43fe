// Stands for what wasm/rehearsal_image.mjs puts there.

/** Runs of bytes: a text, how often it follows itself, and by how much its first byte grows. */
export type Runs = readonly (readonly [text: string, count?: number, step?: number])[];

/** One trigger that reads a value of each type. */
export const small: Runs;
/** Hundreds of rows in each table that grows with rules. */
export const large: Runs;
