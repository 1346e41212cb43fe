import path from 'node:path';

/** Where an engine's own rules lie while a comparison runs. */
export const configFile = (folder, name) =>
  path.join(folder, `${name.replaceAll(/[^a-z]+/gi, '_')}.config`);
