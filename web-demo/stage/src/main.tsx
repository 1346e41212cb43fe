// Starts the stage.
import { render } from 'preact';

import { App } from './app.tsx';
import { Stage } from './model.ts';
import { StageContext } from './use_stage.ts';

const home = document.getElementById('stage')!;
const stage = new Stage();
home.replaceChildren();
render(
  <StageContext.Provider value={stage}>
    <App />
  </StageContext.Provider>,
  home,
);
stage.start();
