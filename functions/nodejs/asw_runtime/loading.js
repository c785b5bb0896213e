/** Finds the function that a handler names, as AWS Lambda does: CommonJS and ES modules. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { Fault } = require('./failures.js');

const HANDLER = /^(?:(.*)\/)?([^./]+)\.(.+)$/;
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];
const NOT_FOUND = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];
const NEEDS_ES_MODULE = /outside a module|Unexpected token 'export'|await is only valid/;

/** The function that `[folder/]module.function` names. Throws Fault, or what the module throws. */
async function load(sources, handler) {
  const match = HANDLER.exec(handler);
  if (!match || handler.includes('..')) {
    const message =
      `Bad handler '${handler}': it must read module.function, as in index.main_handler`;
    throw new Fault('Runtime.MalformedHandlerName', message);
  }
  const [, folder = '', name, names] = match;
  const module = folder ? `${folder}/${name}` : name;
  const loaded = await loadModule(sources, module);
  const found = names.split('.').reduce((value, key) => value?.[key], loaded);
  if (typeof found === 'function') return found;
  const problem = found == null ? 'missing' : `no function but ${typeof found}`;
  const message = `Handler '${names}' ${problem} on module '${module}'${alternatives(loaded)}`;
  throw new Fault('Runtime.HandlerNotFound', message);
}

async function loadModule(sources, module) {
  const stem = path.resolve(sources.folder, module);
  const file = EXTENSIONS.map((extension) => stem + extension).find(isFile);
  if (file === undefined) {
    const message = `Unable to import module '${module}': no file ${module}.js, ${module}.mjs or`;
    throw new Fault('Runtime.ImportModuleError', `${message} ${module}.cjs${sources.known()}`);
  }
  const isEs = isEsModule(file, sources.folder);
  try {
    return isEs ? await import(require('node:url').pathToFileURL(file)) : require(file);
  } catch (error) {
    sources.isSpoilt = isEs;
    throw translated(error, module, sources);
  }
}

function translated(error, module, sources) {
  if (NOT_FOUND.includes(error?.code)) {
    const [reason] = error.message.split('\n');
    const message = `Unable to import module '${module}': ${reason}${sources.known()}`;
    return new Fault('Runtime.ImportModuleError', message, frames(error));
  }
  if (error instanceof SyntaxError) {
    const remedy = NEEDS_ES_MODULE.test(error.message)
      ? `; for an ES module, name the file ${module}.mjs, or add a package.json with`
        + ' {"type": "module"}'
      : '';
    const message = `Syntax error in module '${module}': ${error.message}${remedy}`;
    return new Fault('Runtime.UserCodeSyntaxError', message, frames(error));
  }
  return error;
}

/** A stack as Lambda tells it: place and source of a syntax error, and the frames. */
function frames(error) {
  return String(error.stack).split('\n').filter((line) => line.trim());
}

function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** By its extension, or by the nearest package.json that the code has. */
function isEsModule(file, root) {
  if (!file.endsWith('.js')) return file.endsWith('.mjs');
  for (let folder = path.dirname(file); folder.startsWith(root); folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (isFile(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
  }
  return false;
}

function alternatives(module) {
  const names = Object.keys(module ?? {}).filter((name) => typeof module[name] === 'function');
  return names.length ? `; it has ${names.join(', ')}` : '';
}

module.exports = { load };
