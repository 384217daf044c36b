// PouchDB on LevelDB and pouchdb-server, a program of its own, behind a line protocol, for the figure
// push_vs_pouchdb.
//
// First line in: {"folder": "..."}; out: "ready" when the server answers. Then by turns: {"docs": [...]}, which
// are put into the local database, out: "put"; and {"push": size}, out: the nanoseconds that it took to
// replicate all that the server has not, in batches of so many. Only these are in the time.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import PouchDB from "pouchdb";

const lines = createInterface({ input: process.stdin });
let server;
let local;
let remote;

function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

async function begin(folder) {
  const port = await freePort();
  const program = fileURLToPath(new URL("node_modules/pouchdb-server/bin/pouchdb-server", import.meta.url));
  const served = join(folder, "served");
  mkdirSync(served);
  const words = [program, "--host", "127.0.0.1", "--port", `${port}`, "--dir", served, "--no-stdout-logs"];
  server = spawn(process.execPath, words, { cwd: served, stdio: "ignore" });
  const address = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    try {
      if ((await fetch(address)).ok) break;
    } catch (error) {
      if (tries > 300) throw error;
    }
    await new Promise((later) => setTimeout(later, 100));
  }
  local = new PouchDB(join(folder, "local"));
  remote = new PouchDB(`${address}/journal`);
  await remote.info();
}

async function push(size, expected) {
  const began = process.hrtime.bigint();
  const done = await local.replicate.to(remote, { batch_size: size });
  const took = process.hrtime.bigint() - began;
  if (!done.ok || done.docs_written !== expected) throw new Error(JSON.stringify(done));
  return took;
}

let waiting = 0;
for await (const line of lines) {
  const asked = JSON.parse(line);
  if (asked.folder) {
    await begin(asked.folder);
    console.log("ready");
  } else if (asked.docs) {
    const put = await local.bulkDocs(asked.docs);
    if (put.some((each) => each.error)) throw new Error(JSON.stringify(put.find((each) => each.error)));
    waiting += put.length;
    console.log("put");
  } else {
    console.log(String(await push(asked.push, waiting)));
    waiting = 0;
  }
}
await local?.close();
server?.kill();
