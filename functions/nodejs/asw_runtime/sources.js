/**
 * The user's files: written to a folder, as one variable brings them, or in a folder already.
 *
 * ES modules look for packages nowhere but beside the code and above it. So code that is mounted,
 * where nothing can be put beside it, is copied if there are packages.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { Fault } = require('./failures.js');
const { IMAGE_CODE_DIR } = require('./invocation.js');
const { Places } = require('./places.js');

/** Where the code of an invocation lies, and which files it has. */
class Sources {
  /** Whether Node.js remembers that an ES module could not be loaded: it never tries again. */
  isSpoilt = false;

  constructor({ code, codeDir, packagesDir }) {
    const packages = packagesDir || path.join(IMAGE_CODE_DIR, 'node_modules');
    this.files = null;
    this.scratch = null;
    this.folder = codeDir || IMAGE_CODE_DIR;
    if (code) {
      this.#moveToScratch();
      this.files = writeFiles(this.folder, JSON.parse(code));
      isBeside(packages, this.folder);
    } else if (!isBeside(packages, this.folder)) {
      const mounted = this.folder;
      this.#moveToScratch();
      isBeside(packages, this.folder);
      copyFiles(mounted, this.folder);
    }
    this.places = new Places(this.folder, this.scratch !== null);
  }

  #moveToScratch() {
    this.scratch = createScratch();
    this.folder = path.join(this.scratch, 'task');
    fs.mkdirSync(this.folder);
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
      return fs.realpathSync(fs.mkdtempSync(path.join(root, `asw-${process.pid}-`)));
    } catch {
      continue;
    }
  }
  throw new Fault(
    'Runtime.NoWritableFolder', 'no writable folder: tried $TMPDIR, /tmp, /dev/shm',
  );
}

function writeFiles(folder, files) {
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

/** Copy what is mounted: of a ConfigMap what the kubelet turns to a newer version at once. */
function copyFiles(mounted, folder) {
  const version = path.join(mounted, '..data');
  const from = fs.realpathSync(fs.existsSync(version) ? version : mounted);
  fs.cpSync(from, folder, { recursive: true, dereference: true });
}

/** Link the packages beside the code, unless it has some; whether it finds all that there are. */
function isBeside(packages, folder) {
  if (!fs.existsSync(packages)) return true;
  try {
    fs.symlinkSync(packages, path.join(folder, 'node_modules'));
    return true;
  } catch (error) {
    return error.code === 'EEXIST';
  }
}

module.exports = { Sources };
