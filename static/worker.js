// Runs the page's module a second time, off the page's own thread.
import init, { work } from "./latentscope-web.js";

self.onmessage = ({ data }) => {
  init({ module_or_path: data }).then(work).catch(self.reportError);
};
