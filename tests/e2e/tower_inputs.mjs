// What the console is tried on: recorded visitors.
const shelves = ['kids', 'outdoor', 'home', 'school', 'men'];

/** Lines as `heed decide` reads them: visitors of the shop who looked at a few things. */
export function recordedVisitors(count) {
  const lines = Array.from({ length: count }, (_, index) => {
    const category = shelves[index % shelves.length];
    const at = new Date(Date.UTC(2026, 10, 20, 9, index % 60)).toISOString();
    const signals = Array.from({ length: 1 + (index % 4) }, (__, look) => ({
      name: 'product_view',
      at,
      fields: { sku: `thing-${look}`, category, price: 10 + look, reduced: index % 3 === 0 },
    }));
    const attributes = {
      country: index % 7 ? 'GB' : 'DE',
      device: index % 2 ? 'mobile' : 'desktop',
      page_type: 'product',
      category,
      price: 4 + (index % 9),
    };
    const now = new Date(Date.UTC(2026, 10, 20, 11)).toISOString();
    return JSON.stringify({ visitor: `recorded-${index}`, now, attributes, signals });
  });
  return lines.map((line) => `${line}\n`).join('');
}
