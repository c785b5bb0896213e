/** Names of files as users know them: their own under /var/task, the runtime's not at all. */
'use strict';

const { IMAGE_CODE_DIR } = require('./invocation.js');

const OURS = `${__dirname}/`;
const INSIDE = /^ +at .*\(?node:(internal\/|diagnostics_channel)/;

class Places {
  /** `folder` is where the code lies; `isScratch` if nobody but this process knows it. */
  constructor(folder, isScratch) {
    this.folder = folder;
    this.isScratch = isScratch;
  }

  /** A text with the folder that its reader knows. */
  named(text) {
    return this.isScratch ? text.replaceAll(this.folder, IMAGE_CODE_DIR) : text;
  }

  /** The lines of a stack without our frames and those of the insides of Node.js. */
  users(stack) {
    const lines = stack.filter((line) => !line.includes(OURS) && !INSIDE.test(line));
    return lines.map((line) => this.named(line));
  }
}

module.exports = { Places };
