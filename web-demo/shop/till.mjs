// What an order costs: goods, one code, postage. All sums are pounds, added up in pence.

export const freeFrom = 60;
const postage = 4.5;

/** Codes that the shop's offers promise: {percent, of: which lines it takes a share off}. */
const codes = {
  RAINYDAY: { percent: 5, of: (lines) => lines },
  LETTER10: { percent: 10, of: (lines) => lines },
  SPOTTED: {
    percent: 10,
    of: (lines) => lines.filter(({ product }) => product.was !== undefined).slice(0, 1),
  },
};

export const normalCode = (text) => (text ?? '').trim().toUpperCase();
export const isCode = (code) => Object.hasOwn(codes, code);

const pence = (lines) =>
  lines.reduce((sum, { product, count }) => sum + Math.round(product.price * 100) * count, 0);

/**
 * @param cart  as `readCart` gives it
 * @param code  a code the visitor typed; one that the shop does not know takes nothing off
 * @returns {goods, code, off, postage, total}
 */
export function billOf(cart, code) {
  const goods = pence(cart.lines);
  const known = isCode(code) ? codes[code] : undefined;
  const off = known ? Math.round((pence(known.of(cart.lines)) * known.percent) / 100) : 0;
  const post = goods === 0 || goods >= freeFrom * 100 ? 0 : postage * 100;
  return {
    goods: goods / 100,
    code: known ? code : undefined,
    off: off / 100,
    postage: post / 100,
    total: (goods - off + post) / 100,
  };
}
