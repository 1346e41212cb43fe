// A cart is a cookie: `sku~size~count` joined by `.`; the shop keeps no session of its own.

export const countMax = 20;
const lineCountMax = 30;

/**
 * Reads a cart; what the shop does not sell is left out.
 *
 * @returns {lines: [{product, size, count}], value, count}
 */
export function readCart(text, catalog) {
  const lines = [];
  for (const entry of (text ?? '').split('.').slice(0, lineCountMax)) {
    const [sku, size = '', count = '1'] = entry.split('~').map(decode);
    const product = catalog.product(sku);
    const known = product && (size === '' || product.sizes.includes(size));
    if (known && /^\d{1,2}$/.test(count) && Number(count) > 0) {
      lines.push({ product, size, count: Math.min(Number(count), countMax) });
    }
  }
  return summed(lines);
}

function summed(lines) {
  const pence = lines.reduce(
    (sum, { product, count }) => sum + Math.round(product.price * 100) * count,
    0,
  );
  return { lines, value: pence / 100, count: lines.reduce((sum, line) => sum + line.count, 0) };
}

export const writeCart = ({ lines }) =>
  lines
    .map(({ product, size, count }) => [product.sku, size, count].map(encode).join('~'))
    .join('.');

/** One more of a product in one size. */
export function addToCart(cart, product, size) {
  const line = cart.lines.find((it) => it.product.sku === product.sku && it.size === size);
  if (line) return setCount(cart, product.sku, size, line.count + 1);
  return summed([...cart.lines, { product, size, count: 1 }].slice(0, lineCountMax));
}

/** So many of one line; none takes it out. */
export function setCount(cart, sku, size, count) {
  const changed = cart.lines.map((line) =>
    line.product.sku === sku && line.size === size
      ? { ...line, count: Math.min(count, countMax) }
      : line,
  );
  return summed(changed.filter((line) => line.count > 0));
}

const encode = (value) => encodeURIComponent(value).replaceAll('.', '%2E').replaceAll('~', '%7E');
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
