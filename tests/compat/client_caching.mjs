// Clients that keep what they have read until the server says that it changed, against the port
// given: node-redis' own cache over RESP3, and ioredis over RESP2. Prints what they saw.
import { once } from "node:events";

import Redis from "ioredis";
import { BasicClientSideCache, createClient } from "redis";

const port = Number(process.argv[2]);
const writer = new Redis(port);
const result = {};
// What never comes is an error.
const event = (emitter, name) => once(emitter, name, { signal: AbortSignal.timeout(10000) });

async function nodeRedis() {
  const seen = {};
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: "LRU" });
  const url = `redis://127.0.0.1:${port}`;
  const reader = createClient({ url, RESP: 3, clientSideCache: cache });
  await reader.connect();
  const told = [];
  cache.on("invalidate", (key) => told.push(key && String(key)));
  // Runs the change, and returns the next so many keys that the cache is told of.
  const toldBy = async (count, change) => {
    await change();
    while (told.length < count) await event(cache, "invalidate");
    return told.splice(0).sort();
  };

  await writer.mset("t", 1, "n", 1);
  await writer.hset("h", "name", "ada");
  seen.gets = [await reader.get("t"), await reader.get("t")];
  seen.hash = [await reader.hGetAll("h"), await reader.hGetAll("h")];
  const { hitCount, missCount } = cache.stats();
  seen.stats = [hitCount, missCount];
  seen.told = await toldBy(1, () => writer.set("t", 2));
  seen.afterwards = [await reader.get("t"), await reader.hGetAll("h")];
  seen.toldOfBoth = await toldBy(2, () => writer.multi().incr("t").hset("h", "age", 36).exec());
  // It has read neither since, and is not told.
  await writer.set("t", 4);
  seen.both = [await reader.get("t"), await reader.hGetAll("h")];
  seen.toldOfScript = await toldBy(1, () =>
    writer.eval("return redis.call('DEL', KEYS[1])", 1, "h"),
  );
  // What it writes itself it is told as well.
  seen.toldOfItself = await toldBy(1, () => reader.set("t", "mine"));
  await writer.set("short", 1, "PX", 500);
  seen.short = await reader.get("short");
  seen.expired = await toldBy(1, () => {});
  await reader.mGet(["t", "n"]);
  const before = cache.size();
  seen.flushed = await toldBy(1, () => writer.flushdb());
  seen.sizes = [before > 0, cache.size()];
  reader.destroy();
  return seen;
}

async function ioredis() {
  const seen = {};
  const reader = new Redis(port);
  const subscriber = new Redis(port);
  const id = await subscriber.client("ID");
  await subscriber.subscribe("__redis__:invalidate");
  const told = [];
  subscriber.on("message", (channel, keys) => told.push(keys));
  const toldBy = async (change) => {
    await change();
    while (told.length === 0) await event(subscriber, "message");
    return told.splice(0).flat();
  };
  const track = async (...options) => {
    await reader.client("TRACKING", "OFF");
    await reader.client("TRACKING", "ON", "REDIRECT", id, ...options);
  };

  seen.getredir = [await reader.client("GETREDIR")];
  await track();
  seen.getredir.push((await reader.client("GETREDIR")) === id);
  await writer.set("t", 1);
  await reader.get("t");
  seen.told = await toldBy(() => writer.append("t", 2));

  await track("OPTIN");
  await reader.get("t");
  await writer.set("t", 2);
  await reader.client("CACHING", "YES");
  await reader.get("t");
  seen.optin = await toldBy(() => writer.set("t", 3));

  await track("OPTOUT");
  await reader.client("CACHING", "NO");
  await reader.get("t");
  await writer.set("t", 4);
  await reader.get("other");
  seen.optout = await toldBy(() => writer.set("other", 1));

  await track("BCAST", "PREFIX", "user:", "PREFIX", "order:", "NOLOOP");
  seen.info = await reader.client("TRACKINGINFO");
  seen.info[3] = seen.info[3] === id;
  seen.info[5].sort();
  await reader.set("user:1", "mine");
  await writer.set("t", 5);
  seen.broadcast = await toldBy(() => writer.set("user:2", 1));
  seen.broadcast.push(...(await toldBy(() => writer.lpush("order:1", 1))));

  seen.errors = [];
  for (const command of [
    ["TRACKING", "ON", "REDIRECT", "999999999"],
    ["TRACKING", "ON", "OPTIN"],
    ["TRACKING", "ON", "BCAST", "OPTIN"],
    ["TRACKING", "ON", "PREFIX", "x"],
    ["TRACKING", "MAYBE"],
    ["CACHING", "YES"],
  ]) {
    seen.errors.push(await reader.client(...command).catch((error) => error.message));
  }

  // Who was told has gone.
  await track();
  await reader.get("t");
  subscriber.disconnect();
  const deadline = Date.now() + 10000;
  do {
    await reader.get("t");
    await writer.incr("t");
    seen.broken = await reader.client("TRACKINGINFO");
  } while (!seen.broken[1].includes("broken_redirect") && Date.now() < deadline);
  seen.broken[3] = seen.broken[3] === id;
  reader.disconnect();
  return seen;
}

await writer.flushall();
result.nodeRedis = await nodeRedis();
result.ioredis = await ioredis();
writer.disconnect();
console.log(JSON.stringify(result));
