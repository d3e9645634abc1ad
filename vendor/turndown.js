import TurndownService from "turndown/lib/turndown.browser.es.js";
import { gfm } from "turndown-plugin-gfm";
export { TurndownService, gfm };
