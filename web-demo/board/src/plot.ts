// Draws how a lift's interval narrows: uPlot does scales, axes and the band; the zero line, the
// planted effect and the newest interval are drawn over it. Nothing is animated.
import uPlot from 'uplot';

import type { Reading } from './model.ts';

export type Picture = {
  readonly history: readonly Reading[];
  readonly planted: number | undefined;
};

const heightPx = 132;
const spanMinMs = 10_000;
const timeWidthPx = 32;
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const exactClock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** The next of 1, 2, 3, 5, 10, 20, ... points: the scale stays still while numbers tremble. */
function rounded(points: number): number {
  const power = 10 ** Math.floor(Math.log10(points));
  return power * ([1, 2, 3, 5, 10].find((step) => step * power >= points) ?? 10);
}

/**
 * How far the scale goes to either side of zero, in points: by the newest interval, as the first
 * ones are so wide that it would be a line beside them.
 */
export function reach(history: readonly Reading[], planted = 0): number {
  const last = history.at(-1);
  const now = last ? Math.max(Math.abs(last.low), Math.abs(last.high)) : 0;
  return rounded(Math.max(100 * now * 1.25, 100 * Math.abs(planted) * 1.25, 1));
}

export class Plot {
  readonly #home: HTMLElement;
  readonly #probe: HTMLElement;
  readonly #plot: uPlot;
  readonly #resized: ResizeObserver;
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  #picture: Picture;
  #drawn = '';

  constructor(home: HTMLElement, picture: Picture) {
    this.#home = home;
    this.#picture = picture;
    // A canvas knows no custom properties: an element resolves them.
    this.#probe = home.appendChild(document.createElement('i'));
    this.#probe.hidden = true;
    const width = Math.max(home.clientWidth, 120);
    this.#plot = new uPlot(this.#options(width), this.#data(), home);
    this.#resized = new ResizeObserver(([entry]) => {
      const next = Math.round(entry!.contentRect.width);
      if (next > 0 && next !== this.#plot.width)
        this.#plot.setSize({ width: next, height: heightPx });
    });
    this.#resized.observe(home);
    this.#scheme.addEventListener('change', this.#redraw);
  }

  /** Draws in place; the page around it is left alone. */
  set(picture: Picture): void {
    const last = picture.history.at(-1);
    const drawn = `${picture.history.length} ${last?.at} ${last?.low} ${picture.planted}`;
    this.#picture = picture;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#plot.setData(this.#data());
  }

  remove(): void {
    this.#scheme.removeEventListener('change', this.#redraw);
    this.#resized.disconnect();
    this.#plot.destroy();
    this.#probe.remove();
  }

  readonly #redraw = (): void => this.#plot.redraw();

  #colour(name: string): string {
    this.#probe.style.color = `var(--${name})`;
    return getComputedStyle(this.#probe).color;
  }

  #data(): uPlot.AlignedData {
    const { history } = this.#picture;
    return [
      history.map(({ at }) => at),
      history.map(({ low }) => 100 * low),
      history.map(({ high }) => 100 * high),
      history.map(({ difference }) => 100 * difference),
    ];
  }

  #options(width: number): uPlot.Options {
    const line = () => this.#colour('board-line');
    const axis = {
      stroke: () => this.#colour('soft'),
      font: '12px Figtree, system-ui, sans-serif',
      ticks: { show: false },
      grid: { stroke: () => this.#colour('line'), width: 1 },
    };
    return {
      width,
      height: heightPx,
      ms: 1,
      padding: [8, 12, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: true, range: () => this.#span() },
        y: { range: () => this.#range() },
      },
      series: [{}, { width: 0 }, { width: 0 }, { stroke: line, width: 2 }].map((series) => ({
        ...series,
        points: { show: false },
      })),
      bands: [{ series: [2, 1], fill: () => this.#colour('board-band') }],
      axes: [
        { ...axis, size: 24, gap: 4, space: 84, values: (_, times) => this.#times(times) },
        {
          ...axis,
          size: 40,
          gap: 6,
          splits: () => this.#splits(),
          values: (_, points) => points.map(pointText),
        },
      ],
      hooks: { draw: [() => this.#drawOver()] },
    };
  }

  #span(): [number, number] {
    const { history } = this.#picture;
    const last = history.at(-1)?.at ?? Date.now();
    const from = Math.min(history[0]?.at ?? last, last - spanMinMs);
    // The newest interval has its whisker inside.
    return [from, last + 0.025 * (last - from)];
  }

  #range(): [number, number] {
    const { history, planted } = this.#picture;
    const most = reach(history, planted);
    return [-most, most];
  }

  #splits(): number[] {
    const [low, high] = this.#range();
    return [low, low / 2, 0, high / 2, high];
  }

  /** A time whose text would be cut off by the edge is left out. */
  #times(times: readonly number[]): (string | null)[] {
    const [from, to] = this.#span();
    const text = to - from < 300_000 ? exactClock : clock;
    const widthPx = this.#plot.bbox.width / devicePixelRatio;
    const isWhole = (ms: number) => ((to - ms) / (to - from)) * widthPx >= timeWidthPx / 2;
    return times.map((ms) => (isWhole(ms) ? text.format(ms) : null));
  }

  #drawOver(): void {
    const { ctx, bbox } = this.#plot;
    const { history, planted } = this.#picture;
    const y = (points: number) => this.#plot.valToPos(points, 'y', true);
    const across = (points: number, name: string, dash: number[]) => {
      ctx.strokeStyle = this.#colour(name);
      ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(bbox.left, y(points));
      ctx.lineTo(bbox.left + bbox.width, y(points));
      ctx.stroke();
    };
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = devicePixelRatio;
    across(0, 'line-strong', []);
    const last = history.at(-1);
    if (last) this.#drawNewest(last);
    ctx.lineWidth = 2 * devicePixelRatio;
    if (planted !== undefined) across(100 * planted, 'text-violet', [6, 4]);
    ctx.restore();
  }

  #drawNewest({ at, low, high, difference }: Reading): void {
    const { ctx } = this.#plot;
    const x = this.#plot.valToPos(at, 'x', true);
    const [top, bottom, middle] = [high, low, difference].map((share) =>
      this.#plot.valToPos(100 * share, 'y', true),
    ) as [number, number, number];
    const cap = 4 * devicePixelRatio;
    ctx.strokeStyle = ctx.fillStyle = this.#colour('board-line');
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const [fromX, fromY, toX, toY] of [
      [x, top, x, bottom],
      [x - cap, top, x + cap, top],
      [x - cap, bottom, x + cap, bottom],
    ] as const) {
      ctx.moveTo(fromX, fromY);
      ctx.lineTo(toX, toY);
    }
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, middle, 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
}

const pointText = (points: number): string =>
  points === 0 ? '0' : (points < 0 ? '\u2212' : '+') + String(Math.abs(points));
