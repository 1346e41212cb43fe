// Consent levels as numbers, least first.
import { levels } from './abi.ts';
import type { Level } from './types.ts';

/** The level's number; one that is no level is `none`. */
export const abiLevel = (level: Level): number => Math.max(0, levels.indexOf(level));
export const allows = (level: Level, needed: Level): boolean => abiLevel(level) >= abiLevel(needed);
