// HTML with every value escaped: html`<p>${text}</p>`. Arrays join; null, undefined and false
// vanish.

class Markup {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escape = (text) => String(text).replace(/[&<>"']/g, (char) => escapes[char]);

function rendered(value) {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(rendered).join('');
  return value instanceof Markup ? value.text : escape(value);
}

/** @returns markup that stands unescaped inside other markup */
export function html(strings, ...values) {
  return new Markup(strings.reduce((text, piece, i) => text + rendered(values[i - 1]) + piece));
}

const pounds = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' });
const whole = new Intl.NumberFormat('en-GB', {
  style: 'currency',
  currency: 'GBP',
  maximumFractionDigits: 0,
});
export const money = (amount) => (Number.isInteger(amount) ? whole : pounds).format(amount);
