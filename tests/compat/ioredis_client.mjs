// What test_clients.py lets ioredis do; prints what came of it as JSON.
import Redis from "ioredis";

const port = Number(process.argv[2]);
const client = new Redis(port);
const subscriber = new Redis(port);
const result = {};

result.set = await client.set("k", "v");
result.get = await client.get("k");
result.missing = await client.get("missing");
result.pipeline = (await client.pipeline().incr("n").incr("n").incr("n").exec()).map((r) => r[1]);
result.transaction = (await client.multi().set("t", "2").get("t").exec()).map((r) => r[1]);

const other = new Redis(port);
await client.watch("w");
await other.set("w", "changed");
result.watched = await client.multi().get("w").exec();

const keys = Array.from({ length: 1000 }, (_, i) => `scan:${i}`);
await client.mset(keys.flatMap((key) => [key, "x"]));
const found = new Set();
for await (const batch of client.scanStream({ match: "scan:*", count: 30 })) {
  batch.forEach((key) => found.add(key));
}
result.scanned = found.size;

const message = new Promise((resolve) => subscriber.once("message", (_, text) => resolve(text)));
await subscriber.subscribe("ch");
await client.publish("ch", "hello");
result.message = await message;

const pattern = new Promise((resolve) =>
  subscriber.once("pmessage", (_, channel, text) => resolve([channel, text])),
);
await subscriber.psubscribe("news.*");
await client.publish("news.art", "hi");
result.pattern = await pattern;

result.error = await client.incr("k").catch((error) => error.message);
const flat = await client.config("GET", "maxmemory-policy");
result.config = { [flat[0]]: flat[1] };

client.disconnect();
other.disconnect();
subscriber.disconnect();
console.log(JSON.stringify(result));
