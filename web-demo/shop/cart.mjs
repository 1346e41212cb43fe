// A cart is a cookie: `sku~size~count` joined by `.`; the shop keeps no session of its own.

const countMax = 20;
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
  const same = (line) => line.product.sku === product.sku && line.size === size;
  const lines = cart.lines.some(same)
    ? cart.lines.map((line) =>
        same(line) ? { ...line, count: Math.min(line.count + 1, countMax) } : line,
      )
    : [...cart.lines, { product, size, count: 1 }];
  return summed(lines.slice(0, lineCountMax));
}

export const removeFromCart = (cart, sku, size) =>
  summed(cart.lines.filter((line) => line.product.sku !== sku || line.size !== size));

const encode = (value) => encodeURIComponent(value).replaceAll('.', '%2E').replaceAll('~', '%7E');
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
