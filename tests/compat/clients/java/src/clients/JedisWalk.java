package clients;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.XAutoClaimParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.resps.StreamEntry;
import redis.clients.jedis.resps.StreamGroupInfo;
import redis.clients.jedis.resps.StreamPendingSummary;

/** What applications do, by Jedis over either protocol. */
final class JedisWalk {
  private final int port;
  private final RedisProtocol protocol;
  private final Map<String, Object> seen = new LinkedHashMap<>();

  JedisWalk(int port, RedisProtocol protocol) {
    this.port = port;
    this.protocol = protocol;
  }

  private Jedis open() {
    return new Jedis(
        new HostAndPort("127.0.0.1", port),
        DefaultJedisClientConfig.builder()
            .protocol(protocol)
            .socketTimeoutMillis(Clients.PATIENCE_S * 1000)
            .build());
  }

  Map<String, Object> walk() throws Exception {
    try (Jedis here = open();
        Jedis other = open()) {
      here.flushAll();
      values(here);
      blocking(other);
      transactions(here, other);
      messages(other);
      scripts(here);
      streams(here, other);
      // Over RESP3 Jedis refuses servers older than 7.4.
      if (protocol == RedisProtocol.RESP2) {
        tracking(here, other);
      }
    }
    return seen;
  }

  private void values(Jedis jedis) {
    seen.put("protocol", Clients.protocol(jedis.clientInfo()));
    seen.put("set", jedis.set("text", "ü\0\r\n", SetParams.setParams().ex(Clients.PATIENCE_S)));
    seen.put("text", jedis.get("text"));
    seen.put("expires", jedis.ttl("text") > 0);
    seen.put("missing", jedis.get("missing") == null);
    try {
      jedis.incr("text");
    } catch (JedisDataException error) {
      seen.put("error", error.getMessage());
    }
    jedis.hset("hash", Map.of("name", "ada", "age", "36"));
    seen.put("hash", jedis.hgetAll("hash"));
    jedis.zadd("scores", Map.of("a", 1.5, "b", 2.0));
    List<List<Object>> scores = new ArrayList<>();
    for (var scored : jedis.zrangeWithScores("scores", 0, -1)) {
      scores.add(List.of(scored.getElement(), scored.getScore()));
    }
    seen.put("scores", scores);
    jedis.sadd("set", "x", "y");
    seen.put("members", new TreeSet<>(jedis.smembers("set")));

    List<String> pairs = new ArrayList<>();
    Clients.manyKeys().forEach((key, value) -> pairs.addAll(List.of(key, value)));
    jedis.mset(pairs.toArray(String[]::new));
    Set<String> found = new HashSet<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> some = jedis.scan(cursor, new ScanParams().match("scan:*").count(30));
      found.addAll(some.getResult());
      cursor = some.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    seen.put("scanned", found.size());
  }

  private void blocking(Jedis other) {
    var popped =
        CompletableFuture.supplyAsync(
            () -> {
              try (Jedis waiting = open()) {
                return waiting.blpop(Clients.PATIENCE_S, "queue", "spare");
              }
            });
    while (!Clients.oneIsBlocked(other.info("clients"))) {
      Thread.onSpinWait();
    }
    other.rpush("spare", "job");
    seen.put("popped", popped.join());
  }

  private void transactions(Jedis here, Jedis other) {
    List<Object> replies = new ArrayList<>();
    try (Pipeline pipeline = here.pipelined()) {
      pipeline.incr("n");
      pipeline.incr("hash");
      pipeline.incr("n");
      for (Object reply : pipeline.syncAndReturnAll()) {
        replies.add(reply instanceof JedisDataException error ? error.getMessage() : reply);
      }
    }
    seen.put("pipeline", replies);
    try (Transaction transaction = here.multi()) {
      Response<String> set = transaction.set("t", "2");
      Response<String> get = transaction.get("t");
      transaction.exec();
      seen.put("transaction", List.of(set.get(), get.get()));
    }

    // The first try meets a write of somebody else's, the second does not.
    List<Boolean> refused = new ArrayList<>();
    while (refused.size() < 2) {
      here.watch("t");
      int old = Integer.parseInt(here.get("t"));
      if (refused.isEmpty()) {
        other.set("t", "40");
      }
      try (Transaction transaction = here.multi()) {
        transaction.set("t", String.valueOf(old + 2));
        refused.add(transaction.exec() == null);
      }
    }
    seen.put("conflict", refused.equals(List.of(true, false)));
    seen.put("retried", here.get("t"));
  }

  /** Puts all that it hears into a queue. */
  private static final class Listener extends JedisPubSub {
    final BlockingQueue<List<String>> heard = new LinkedBlockingQueue<>();

    @Override
    public void onMessage(String channel, String message) {
      heard.add(List.of(channel, message));
    }

    @Override
    public void onPMessage(String pattern, String channel, String message) {
      heard.add(List.of(pattern, channel, message));
    }

    @Override
    public void onSubscribe(String channel, int count) {
      heard.add(List.of());
    }

    @Override
    public void onPSubscribe(String pattern, int count) {
      heard.add(List.of());
    }

    List<String> next() throws InterruptedException {
      return heard.poll(Clients.PATIENCE_S, TimeUnit.SECONDS);
    }
  }

  private void messages(Jedis other) throws InterruptedException {
    Listener listener = new Listener();
    try (Jedis subscriber = open()) {
      var done = CompletableFuture.runAsync(() -> subscriber.subscribe(listener, "news"));
      listener.next();
      listener.psubscribe("art.*");
      listener.next();
      seen.put(
          "receivers",
          List.of(
              other.publish("news", "hello"),
              other.publish("art.new", "hi"),
              other.publish("void", "nobody")));
      seen.put("message", listener.next());
      seen.put("pattern", listener.next());
      listener.unsubscribe();
      listener.punsubscribe();
      done.join();
    }
  }

  private void scripts(Jedis jedis) {
    jedis.scriptFlush();
    String sha = jedis.scriptLoad(Clients.SCRIPT);
    jedis.scriptFlush();
    List<Boolean> known = new ArrayList<>(List.of(jedis.scriptExists(sha)));
    List<Object> replies = new ArrayList<>();
    for (int n = 1; n <= 2; n++) {
      List<String> keys = List.of("scripted");
      List<String> arguments = List.of(String.valueOf(n));
      Object reply;
      try {
        reply = jedis.evalsha(sha, keys, arguments);
      } catch (JedisNoScriptException unknown) {
        reply = jedis.eval(Clients.SCRIPT, keys, arguments);
      }
      replies.add(reply);
      known.add(jedis.scriptExists(sha));
    }
    seen.put("script", replies);
    seen.put("known", known);
  }

  private static List<String> numbers(List<StreamEntry> entries) {
    return entries.stream().map(entry -> entry.getFields().get("n")).toList();
  }

  private static List<StreamEntry> read(
      Jedis jedis, String consumer, StreamEntryID from, int count) {
    XReadGroupParams some = XReadGroupParams.xReadGroupParams().count(count);
    return jedis.xreadGroupAsMap("workers", consumer, some, Map.of("jobs", from)).get("jobs");
  }

  private static Map<String, Object> pending(Jedis jedis) {
    StreamPendingSummary all = jedis.xpending("jobs", "workers");
    return Map.of("count", all.getTotal(), "consumers", all.getConsumerMessageCount());
  }

  private void streams(Jedis here, Jedis other) {
    here.xgroupCreate("jobs", "workers", new StreamEntryID(), true);
    for (int n = 1; n <= 5; n++) {
      here.xadd("jobs", StreamEntryID.NEW_ENTRY, Map.of("n", String.valueOf(n)));
    }
    List<StreamEntry> ann = read(here, "ann", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY, 3);
    List<StreamEntry> bob = read(other, "bob", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY, 10);
    seen.put("ann", numbers(ann));
    seen.put("bob", numbers(bob));
    seen.put("acknowledged", here.xack("jobs", "workers", ann.get(0).getID(), ann.get(1).getID()));
    seen.put("pending", pending(here));
    var claimed =
        other.xautoclaim(
            "jobs", "workers", "bob", 0, new StreamEntryID(), XAutoClaimParams.xAutoClaimParams());
    seen.put("claimed", numbers(claimed.getValue()));
    seen.put("left", pending(here));
    for (StreamEntry entry : read(other, "bob", new StreamEntryID(), 10)) {
      other.xack("jobs", "workers", entry.getID());
    }
    StreamGroupInfo group = here.xinfoGroups("jobs").get(0);
    Map<String, Object> info = group.getGroupInfo();
    Object read = info.get("entries-read");
    seen.put(
        "group", List.of(group.getConsumers(), group.getPending(), read, info.get("lag")));
    seen.put("trimmed", here.xtrim("jobs", 2, false));
    seen.put("length", here.xlen("jobs"));
  }

  /** RESP2 has no messages beside replies: another connection is told, as if it had subscribed. */
  private void tracking(Jedis here, Jedis other) throws InterruptedException {
    Listener listener = new Listener();
    try (Jedis told = open()) {
      String id = String.valueOf(told.clientId());
      var done = CompletableFuture.runAsync(() -> told.subscribe(listener, "__redis__:invalidate"));
      listener.next();
      here.sendCommand(Protocol.Command.CLIENT, "TRACKING", "ON", "REDIRECT", id);
      String first = here.get("t");
      other.set("t", "changed");
      List<String> keys = listener.next().subList(1, 2);
      seen.put("tracking", Map.of("first", first, "invalidated", keys, "second", here.get("t")));
      listener.unsubscribe();
      done.join();
    }
  }
}
