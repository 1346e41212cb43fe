// What a page of the shop tells heed: its facts are data attributes of the body. The page's script
// uses it, and so do the demo's visitors, who have no screen.

const number = (text) => (text === undefined ? undefined : Number(text));

/** What the page is about: the same facts that the edge was told. */
export const pageAttributes = (facts) => ({
  page_type: facts.pageType,
  category: facts.category,
  price: number(facts.price),
  cart_value: number(facts.cartValue),
});

export const productOf = (facts) => ({
  sku: facts.sku ?? '',
  category: facts.category ?? '',
  price: number(facts.price) ?? 0,
});

/**
 * Says what has happened by opening this page. An order and its return carry the order's id, so
 * that a reload counts nothing again.
 *
 * @param {{ observe(signal: string, fields?: object, options?: { id?: string }): boolean,
 *           refund(signal: string, id: string): boolean }} heed
 * @param {Record<string, string | undefined>} facts  the body's data set
 */
export function arrive(heed, facts) {
  const pageType = facts.pageType ?? '';
  const product = productOf(facts);
  heed.observe('page_view', { page_type: pageType });
  if (pageType === 'category') heed.observe('category_view', { category: product.category });
  if (pageType === 'product') {
    heed.observe('product_view', { ...product, reduced: facts.reduced === 'true' });
  }
  if (facts.order && facts.revenue) {
    const bought = { sku: (facts.skus ?? '').split(' '), revenue: Number(facts.revenue) };
    heed.observe('purchase', bought, { id: facts.order });
  }
  if (facts.refund) heed.refund('purchase', facts.refund);
}
