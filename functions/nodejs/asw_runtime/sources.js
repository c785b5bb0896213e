/** The user's files: written to a folder, as one variable brings them, or in a folder already. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { Fault } = require('./failures.js');
const { IMAGE_CODE_DIR } = require('./invocation.js');
const { Places } = require('./places.js');

/** Where the code of an invocation lies, and which files it has. */
class Sources {
  constructor(invocation) {
    this.files = null;
    this.scratch = null;
    if (invocation.code) {
      this.scratch = createScratch();
      this.folder = path.join(this.scratch, 'task');
      this.files = writeFiles(this.folder, JSON.parse(invocation.code));
      linkPackages(this.folder, invocation.packagesDir);
    } else {
      this.folder = invocation.codeDir || IMAGE_CODE_DIR;
      if (invocation.packagesDir) linkPackages(this.folder, invocation.packagesDir);
    }
    this.places = new Places(this.folder, this.scratch !== null);
  }

  /** The end of a message about a file that was not found. */
  known() {
    return this.files ? ` (the code has ${this.files.join(', ')})` : '';
  }
}

/** A folder that can be written; with a read-only root file system that is `/dev/shm`. */
function createScratch() {
  for (const root of [process.env.TMPDIR, '/tmp', '/dev/shm']) {
    if (!root) continue;
    try {
      return fs.realpathSync(fs.mkdtempSync(path.join(root, 'asw-')));
    } catch {
      continue;
    }
  }
  throw new Fault(
    'Runtime.NoWritableFolder', 'no writable folder: tried $TMPDIR, /tmp, /dev/shm',
  );
}

function writeFiles(folder, files) {
  fs.mkdirSync(folder);
  const made = new Set([folder]);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    if (!file.startsWith(`${folder}/`)) {
      throw new Fault('Runtime.ImportModuleError', `file name '${name}' leads out of the code`);
    }
    const parent = path.dirname(file);
    if (!made.has(parent)) fs.mkdirSync(parent, { recursive: true });
    made.add(parent);
    fs.writeFileSync(file, text);
  }
  return Object.keys(files).map((name) => path.normalize(name));
}

/**
 * Let the code find its packages: those that the platform names, else those that an image derived
 * from ours has beside its own. ES modules look nowhere but beside the code.
 */
function linkPackages(folder, named) {
  const packages = named || path.join(IMAGE_CODE_DIR, 'node_modules');
  if (!fs.existsSync(packages)) return;
  try {
    fs.symlinkSync(packages, path.join(folder, 'node_modules'));
  } catch (error) {
    if (error.code !== 'EEXIST') throw error; // another process of the same code was first
  }
}

module.exports = { Sources };
