// Starts the console.
import { render } from 'preact';

import { App } from './app.tsx';
import { readAccess } from './access.ts';
import { Tower } from './model.ts';
import type { Config } from './state.ts';
import { TowerContext } from './use_tower.ts';

const home = document.getElementById('tower')!;

try {
  const config = (await (await fetch('/tower.json')).json()) as Config;
  const tower = new Tower(config, readAccess());
  home.replaceChildren();
  render(
    <TowerContext.Provider value={tower}>
      <App />
    </TowerContext.Provider>,
    home,
  );
  await tower.start();
} catch (error) {
  home.textContent = `The console cannot start: ${String(error)}`;
}
