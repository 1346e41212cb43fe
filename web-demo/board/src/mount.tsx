// The board as a part of any page.
import { render } from 'preact';

import { Board } from './board.tsx';
import { type Connection, Feed, type Source } from './feed.ts';
import { Course, type Planted } from './model.ts';

export type BoardOptions = Source & {
  /** The metric that lifts are measured in first; left out: each trigger's goal. */
  readonly metric?: string;
  /** Triggers that stand before all others. */
  readonly first?: readonly string[];
};

export type MountedBoard = {
  /** Draws the true effects of a simulation over the intervals; undefined takes them away. */
  readonly reveal: (planted: Planted | undefined) => void;
  readonly unmount: () => void;
};

/** Draws at most once a frame, whatever came in between. */
class Frames {
  readonly #draw: () => void;
  #asked = 0;
  constructor(draw: () => void) {
    this.#draw = draw;
  }
  ask(): void {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#draw();
    });
  }
  stop(): void {
    cancelAnimationFrame(this.#asked);
  }
}

/** Puts a board into `element`, which it fills, and follows the store until `unmount`. */
export function mount(element: HTMLElement, options: BoardOptions): MountedBoard {
  const course = new Course();
  let connection: Connection = { state: 'connecting' };
  let planted: Planted | undefined;
  const frames = new Frames(() =>
    render(
      <Board
        course={course}
        connection={connection}
        metric={options.metric}
        first={options.first}
        planted={planted}
      />,
      element,
    ),
  );
  const feed = new Feed(options, {
    counts: (counts) => {
      course.add(counts);
      frames.ask();
    },
    connection: (now) => {
      connection = now;
      frames.ask();
    },
  });
  frames.ask();
  return {
    reveal: (effects) => {
      planted = effects;
      frames.ask();
    },
    unmount: () => {
      feed.stop();
      frames.stop();
      render(null, element);
    },
  };
}
