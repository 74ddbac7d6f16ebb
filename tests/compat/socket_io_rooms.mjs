// Two servers of Socket.IO and a client on each, joined by each adapter in turn, against the port
// given: prints what reached whom.
import http from "node:http";

import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import Redis from "ioredis";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const port = Number(process.argv[2]);

async function nodeRedis() {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  return client;
}

// Each makes an adapter, and says how to end the connections that it stands on.
const adapters = {
  pubsub: async () => {
    const clients = [new Redis(port), new Redis(port)];
    return [createAdapter(...clients), () => clients.forEach((client) => client.disconnect())];
  },
  sharded: async () => {
    const clients = [await nodeRedis(), await nodeRedis()];
    // It gives its channels back when it is closed, and does not wait for that.
    const end = () => Promise.all(clients.map((client) => client.close()));
    return [createShardedAdapter(...clients), end];
  },
  streams: async () => {
    const client = await nodeRedis();
    return [createStreamsAdapter(client), () => client.destroy()];
  },
};

async function serve(makeAdapter) {
  const [adapter, end] = await makeAdapter();
  const web = http.createServer();
  const io = new Server(web, { adapter });
  io.on("connection", (socket) => {
    socket.data.name = socket.handshake.auth.name;
    socket.on("join", async (room, done) => done(await socket.join(room)));
  });
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  return { io, address: `http://127.0.0.1:${web.address().port}`, end };
}

async function visit(address, name) {
  const socket = connect(address, { transports: ["websocket"], auth: { name } });
  await new Promise((resolve) => socket.once("connect", resolve));
  await socket.emitWithAck("join", "news");
  socket.heard = [];
  socket.onAny((event, ...values) => {
    if (event === "ask") values.pop()(`${name} says ${values[0] + 1}`);
    else socket.heard.push([event, ...values]);
  });
  return socket;
}

async function until(isSo) {
  const deadline = Date.now() + 20000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function walk(makeAdapter) {
  const seen = {};
  const servers = [await serve(makeAdapter), await serve(makeAdapter)];
  const [one, two] = servers.map((server) => server.io);
  await until(async () => {
    const counts = [one, two].map((io) => io.of("/").adapter.serverCount());
    return (await Promise.all(counts)).every((count) => count === 2);
  });
  const ann = await visit(servers[0].address, "ann");
  const bob = await visit(servers[1].address, "bob");

  // What follows on the same adapter comes later: the last message tells that all have come.
  await bob.emitWithAck("join", "bobs");
  one.emit("to all", 1);
  one.to("bobs").emit("to a room elsewhere", { deep: [1, null] });
  two
    .to("news")
    .except(bob.id)
    .emit("to all but one", Buffer.from([0, 255]));
  one.to("nobody's").emit("to nobody", 4);
  two.to(ann.id).emit("last", 5);
  one.to(bob.id).emit("last", 5);
  await until(() => [ann, bob].every((socket) => socket.heard.at(-1)?.[0] === "last"));
  const plain = (value) => (Buffer.isBuffer(value) ? [...value] : value);
  seen.heard = [ann, bob].map((socket) => socket.heard.map((event) => event.map(plain)));

  seen.answers = (await one.to("news").timeout(10000).emitWithAck("ask", 1)).sort();
  const sockets = await one.in("news").fetchSockets();
  seen.sockets = sockets.map((socket) => socket.data.name).sort();
  two.on("between servers", (value, answer) => answer(value * 2));
  seen.doubled = await one.serverSideEmitWithAck("between servers", 21);

  one.in(bob.id).socketsJoin("late");
  await until(async () => (await two.in("late").fetchSockets()).length === 1);
  one.to("late").emit("to who came late", 6);
  await until(() => bob.heard.at(-1)[1] === 6);
  one.in(bob.id).socketsLeave("news");
  await until(async () => (await two.in("news").fetchSockets()).length === 1);
  const gone = new Promise((resolve) => bob.once("disconnect", resolve));
  one.in("bobs").disconnectSockets();
  seen.gone = await gone;

  ann.disconnect();
  await Promise.all(servers.map((server) => server.io.close()));
  for (const server of servers) await server.end();
  return seen;
}

const seen = {};
for (const [name, makeAdapter] of Object.entries(adapters)) seen[name] = await walk(makeAdapter);
console.log(JSON.stringify(seen));
process.exit(0);
