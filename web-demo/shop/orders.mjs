// Orders in memory: the shop is a demonstration and ships nothing.
import { randomBytes } from 'node:crypto';

const orderCountMax = 100_000;

export class Orders {
  #orders = new Map();

  /** @returns {id, lines, bill, revenue, skus, isReturned}; `revenue` is what the goods brought */
  place(cart, bill) {
    const id = `PP-${randomBytes(6).toString('hex').toUpperCase()}`;
    const revenue = Math.round((bill.goods - bill.off) * 100) / 100;
    const skus = [...new Set(cart.lines.map((line) => line.product.sku))];
    const order = { id, lines: cart.lines, bill, revenue, skus, isReturned: false };
    this.#orders.set(id, order);
    if (this.#orders.size > orderCountMax) this.#orders.delete(this.#orders.keys().next().value);
    return order;
  }

  find(id) {
    return this.#orders.get(id);
  }

  /** All of it comes back, once. */
  takeBack(id) {
    const order = this.#orders.get(id);
    if (order) order.isReturned = true;
    return order;
  }
}
