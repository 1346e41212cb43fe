// Crawlers, previewers and monitors that say who they are: they get the page as the site wrote it.

const known = [
  'googlebot|google-inspectiontool|googleother|storebot-google|adsbot-google|mediapartners-google',
  'feedfetcher-google|google-read-aloud|apis-google|chrome-lighthouse',
  'bingbot|bingpreview|adidxbot|msnbot|duckduckbot|duckassistbot|yandex(?:bot|images|metrika)',
  'baiduspider|sogou|slurp|applebot|petalbot|seznambot|naverbot|yeti/|qwantify|exabot',
  'facebookexternalhit|facebookcatalog|facebot|meta-externalagent|twitterbot|linkedinbot',
  'pinterestbot|pinterest/0|slackbot|slack-imgproxy|telegrambot|whatsapp/|discordbot|skypeuripreview',
  'redditbot|tumblr/|vkshare|embedly|iframely',
  'gptbot|oai-searchbot|chatgpt-user|claudebot|claude-web|anthropic-ai|perplexitybot|ccbot|bytespider',
  'amazonbot|cohere-ai|diffbot|youbot',
  'ahrefsbot|semrushbot|mj12bot|dotbot|rogerbot|screaming frog|sitebulb|dataforseobot|blexbot',
  'serpstatbot|ia_archiver|archive\\.org_bot|uptimerobot|pingdom|statuscake|site24x7|newrelicpinger',
  'datadogsynthetics|gtmetrix|w3c_validator|validator\\.nu',
];
const pattern = new RegExp(known.join('|'), 'i');

/** Whether the user agent names a known bot. One that lies is a visitor. */
export const isKnownBot = (headers: Headers): boolean =>
  pattern.test(headers.get('user-agent') ?? '');
