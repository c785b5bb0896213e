/**
 * One HTTPS request at a time to the result server.
 *
 * URLs hold an address, which spares each task a look-up. A Service that was created again has
 * another one, and its old name: so whoever is not reached by the address is tried by the name, and
 * in turns. HTTP/1.0: the answer ends with the connection, and is never chunked.
 */
'use strict';

const { connect, createSecureContext } = require('node:tls');

const CONNECT_MS = 1000;
/** How long the resolver may take; without a DNS server it would take half a minute. */
const LOOKUP_MS = 2000;
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** The server as one task may speak to it: known CA, fixed name, the task's token. */
class ResultServer {
  #isByName = false;
  #context;
  #serverName;
  #token;

  constructor({ ca, serverName, token }) {
    this.#context = createSecureContext({ ca });
    this.#serverName = serverName;
    this.#token = token;
  }

  /** Status and body of the answer; rejects when none comes whole and in time. */
  async ask(method, url, body, milliseconds) {
    const { host, port, path } = parts(url);
    const name = this.#serverName || host;
    const head =
      `${method} ${path} HTTP/1.0\r\nHost: ${name}\r\n`
      + `Authorization: Bearer ${this.#token}\r\nContent-Type: application/json\r\n`
      + `Content-Length: ${body.length}\r\n\r\n`;
    const until = performance.now() + milliseconds;
    try {
      const found = this.#isByName ? await lookedUp(name, Math.min(LOOKUP_MS, milliseconds)) : host;
      const request = Buffer.concat([Buffer.from(head), body]);
      return await this.#exchange({ host: found, port, name }, request, until);
    } catch (error) {
      this.#isByName = Boolean(this.#serverName) && !this.#isByName;
      throw error;
    }
  }

  #exchange({ host, port, name }, request, until) {
    return new Promise((resolve, reject) => {
      const left = Math.max(100, until - performance.now());
      const socket = connect({
        host,
        port,
        secureContext: this.#context,
        rejectUnauthorized: true, // whatever the environment says
        checkServerIdentity: () => misnamed(socket, name),
      });
      if (this.#serverName) socket.setServername(name);
      const chunks = [];
      let size = 0;
      const end = (error) => {
        clearTimeout(connecting);
        clearTimeout(waiting);
        socket.destroy();
        try {
          resolve(answer(Buffer.concat(chunks)));
        } catch (noAnswer) {
          reject(error ?? noAnswer); // refused half-way: the reason may have been there to be read
        }
      };
      const connecting = setTimeout(() => end(new Error('no connection in time')), CONNECT_MS);
      const waiting = setTimeout(() => end(new Error('no answer in time')), left);
      socket.setNoDelay(true);
      socket.once('connect', () => clearTimeout(connecting));
      socket.once('secureConnect', () => socket.write(request));
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LARGEST_ANSWER) end(new Error('the answer is too large'));
      });
      socket.once('end', () => end());
      socket.on('error', end);
      socket.once('close', () => end());
    });
  }
}

/** Why the server's certificate, which our CA has signed, is not for this name or address. */
function misnamed(socket, name) {
  // the check of Node.js itself translates the certificate and compiles a large expression: 5 ms
  const certificate = socket.getPeerX509Certificate();
  const fits = certificate?.checkHost(name) ?? certificate?.checkIP(name);
  return fits ? undefined : new Error(`the certificate is not for ${name}`);
}

/** The address that the name has now; rejects where none is known in time. */
function lookedUp(name, milliseconds) {
  const { lookup } = require('node:dns'); // which few tasks need
  return new Promise((resolve, reject) => {
    const unknown = () => reject(new Error(`no address is known of ${name}`));
    const timer = setTimeout(unknown, milliseconds);
    lookup(name, (error, address) => {
      clearTimeout(timer);
      if (error) unknown();
      else resolve(address);
    });
  });
}

/** Host, port and path. Throws for any other scheme than https. */
function parts(url) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  if (protocol !== 'https:') {
    throw new Error(`the result server is reached by https, not by ${protocol.slice(0, -1)}`);
  }
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port || 443), path: pathname + search };
}

function answer(data) {
  const at = data.indexOf('\r\n\r\n');
  const [status, ...headers] = data.subarray(0, Math.max(at, 0)).toString('latin1').split('\r\n');
  const code = /^HTTP\S+ +(\d+)/.exec(status);
  if (!code) throw new Error('no HTTP answer');
  const body = data.subarray(at + 4);
  for (const header of headers) {
    const length = /^content-length *: *(\d+)/i.exec(header);
    if (length && Number(length[1]) !== body.length) throw new Error('the answer was cut');
  }
  return { status: Number(code[1]), body };
}

module.exports = { ResultServer };
