// Every engine of the comparison, as one object:
//   name
//   config(rules)                 its own rules, as JSON or bytes
//   load(bytes, count)            an engine that answers
//   context(engine, visitor)      the visitor as the engine wants it
//   all(engine, context)          decides every rule, in the engine's own form
//   won?(engine, all)             that form as [rule index, arm, ...]
//   change(engine, context, attribute, value)   one attribute of a live visitor
//   close?(engine)
// The hash behind a rollout is each engine's own: arms are compared by their shares alone.
import { cel } from './cel.mjs';
import { devcycle, devcycleWasm } from './devcycle.mjs';
import { flagd } from './flagd.mjs';
import { growthbook } from './growthbook.mjs';
import { heed, heedTyped } from './heed.mjs';
import { jsonLogicBuilt, jsonLogicEngine, jsonLogicJs } from './json_logic.mjs';
import { launchdarkly } from './launchdarkly.mjs';
import { optimizely } from './optimizely.mjs';
import { statsig } from './statsig.mjs';
import { uniform } from './uniform.mjs';
import { unleash } from './unleash.mjs';

export const ours = [heed, heedTyped];
export const peers = [
  growthbook,
  uniform,
  optimizely,
  launchdarkly,
  statsig,
  unleash,
  flagd,
  devcycle,
  devcycleWasm,
  jsonLogicEngine,
  jsonLogicBuilt,
  jsonLogicJs,
  cel,
];
export const engines = [...ours, ...peers];
export const engineOf = (name) => engines.find((engine) => engine.name === name);
