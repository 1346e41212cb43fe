// How a page, a worker or a request gets its Heed.
import { check } from './arguments.ts';
import { Client } from './client.ts';
import { compileModule } from './instance.ts';
import { shown } from './page.ts';
import { rehearse } from './rehearsal.ts';
import { isVerified, verifyRuleset } from './ruleset.ts';
import type {
  AnyNames,
  CreateOptions,
  Given,
  Heed,
  HeedOptions,
  Names,
  VerifiedRuleset,
} from './types.ts';

/**
 * A page or request that starts at once: with a verified ruleset, or with what the edge embedded
 * until one arrives.
 *
 * @throws HeedError wrong_type, bad_visitor; with a verified ruleset also of `Ruleset::open`
 */
export function createHeedSync<N extends Names = AnyNames>(options: HeedOptions): Heed<N> {
  check('createHeed', options);
  // The names are the compiler's alone: at run time every Heed takes any text.
  return new Client(options ?? {}) as Heed as unknown as Heed<N>;
}

async function taken<T>(given: Given<T>): Promise<T> {
  return typeof given === 'function' ? shown().then(given as () => T) : given;
}

/**
 * Verifies, compiles and opens, then starts.
 *
 * @throws HeedError wrong_type, bad_visitor, of `verifyRuleset`, of `Ruleset::open`, no_simd,
 *   wrong_abi, not_supported for what is no heed.wasm: the page keeps its fallbacks
 */
export async function createHeed<N extends Names = AnyNames>(
  options: CreateOptions,
): Promise<Heed<N>> {
  options ??= {} as CreateOptions;
  check('createHeed', options);
  const { site = (options.keys as { site?: string } | undefined)?.site ?? options.state?.site } =
    options;
  const verify = async (given: BufferSource | VerifiedRuleset) =>
    isVerified(given)
      ? given
      : verifyRuleset(given, {
          keys: options.keys ?? [],
          site,
          ...(options.now && { now: options.now() }),
        });
  const ready = async () => {
    const wasm = await compileModule(taken(options.wasm));
    if (!isVerified(options.ruleset)) rehearse(wasm);
    return wasm;
  };
  const [ruleset, wasm] = await Promise.all([taken(options.ruleset).then(verify), ready()]);
  const heed = createHeedSync<N>({ ...options, wasm, ruleset });
  await heed.ready;
  return heed;
}
