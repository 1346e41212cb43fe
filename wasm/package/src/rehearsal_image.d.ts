// Stands for what wasm/rehearsal_image.mjs puts there.

/** A ruleset of one trigger, a byte a letter; signed by nobody. */
export const image: string;
