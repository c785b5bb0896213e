/** What a handler gave, as JSON text on one line; what JSON cannot say is refused. */
'use strict';

const { Fault } = require('./failures.js');

const { stringify } = JSON;

/** The result as JSON: nothing is null, as at Lambda. Throws Fault `Runtime.MarshalError`. */
function toJson(result) {
  try {
    return stringify(result) ?? 'null';
  } catch (error) {
    const message = `Unable to marshal response: ${error?.message}${placeOfBigInt(result, '$', [])}`;
    throw new Fault('Runtime.MarshalError', message);
  }
}

/** Where the first number is that JSON.stringify refuses; it says itself where a circle closes. */
function placeOfBigInt(value, place, above) {
  if (typeof value === 'bigint') return ` (at ${place})`;
  if (typeof value !== 'object' || value === null || above.includes(value)) return '';
  for (const [key, child] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : `.${key}`;
    const found = placeOfBigInt(child, place + step, [...above, value]);
    if (found) return found;
  }
  return '';
}

module.exports = { toJson };
