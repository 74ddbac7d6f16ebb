// What test_clients.py lets node-redis do over RESP3; prints what came of it as JSON.
import { createClient } from "redis";

const url = `redis://127.0.0.1:${process.argv[2]}`;
const client = createClient({ url, RESP: 3 });
const subscriber = createClient({ url, RESP: 3 });
await client.connect();
await subscriber.connect();
const result = {};

result.set = await client.set("k", "v");
result.get = await client.get("k");
result.missing = await client.get("missing");
result.pipeline = await Promise.all([client.incr("m"), client.incr("m"), client.incr("m")]);
result.transaction = await client.multi().set("t", "2").get("t").exec();

const other = createClient({ url, RESP: 3 });
await other.connect();
await client.watch("w");
await other.set("w", "changed");
result.watched = await client
  .multi()
  .get("w")
  .exec()
  .catch((error) => (error.constructor.name === "WatchError" ? null : error.message));

await client.mSet(Array.from({ length: 1000 }, (_, i) => [`scan:${i}`, "x"]));
const found = new Set();
for await (const batch of client.scanIterator({ MATCH: "scan:*", COUNT: 30 })) {
  [batch].flat().forEach((key) => found.add(key));
}
result.scanned = found.size;

await new Promise((resolve) => {
  subscriber
    .subscribe("ch", (text) => {
      result.message = text;
      resolve();
    })
    .then(() => client.publish("ch", "hello"));
});
await new Promise((resolve) => {
  subscriber
    .pSubscribe("news.*", (text, channel) => {
      result.pattern = [channel, text];
      resolve();
    })
    .then(() => client.publish("news.art", "hi"));
});

result.error = await client.incr("k").catch((error) => error.message);
const config = await client.configGet("maxmemory-policy");
result.config = { "maxmemory-policy": config["maxmemory-policy"] };

client.destroy();
other.destroy();
subscriber.destroy();
console.log(JSON.stringify(result));
