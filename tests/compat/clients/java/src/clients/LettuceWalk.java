package clients;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.Consumer;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.XAutoClaimArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.models.stream.PendingMessages;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What applications do, by Lettuce over either protocol. */
final class LettuceWalk {
  private final RedisClient client;
  private final Map<String, Object> seen = new LinkedHashMap<>();

  LettuceWalk(int port, ProtocolVersion protocol) {
    client = open(port, protocol);
  }

  static RedisClient open(int port, ProtocolVersion protocol) {
    Duration patience = Duration.ofSeconds(Clients.PATIENCE_S);
    RedisURI address = RedisURI.builder().withHost("127.0.0.1").withPort(port).build();
    address.setTimeout(patience);
    RedisClient client = RedisClient.create(address);
    client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
    return client;
  }

  static void close(RedisClient client) {
    // The default waits two seconds for work that there is none of.
    client.shutdown(Duration.ZERO, Duration.ofSeconds(Clients.PATIENCE_S));
  }

  Map<String, Object> walk() throws Exception {
    try (var here = client.connect();
        var other = client.connect()) {
      here.sync().flushall();
      values(here.sync());
      blocking(other.sync());
      pipeline(here);
      transactions(here.sync(), other.sync());
      messages(other.sync());
      scripts(here.sync());
      streams(here.sync(), other.sync());
    } finally {
      close(client);
    }
    return seen;
  }

  private void values(RedisCommands<String, String> redis) {
    seen.put("protocol", Clients.protocol(redis.clientInfo()));
    seen.put("set", redis.set("text", "ü\0\r\n", SetArgs.Builder.ex(Clients.PATIENCE_S)));
    seen.put("text", redis.get("text"));
    seen.put("expires", redis.ttl("text") > 0);
    seen.put("missing", redis.get("missing") == null);
    try {
      redis.incr("text");
    } catch (RedisCommandExecutionException error) {
      seen.put("error", error.getMessage());
    }
    redis.hset("hash", Map.of("name", "ada", "age", "36"));
    seen.put("hash", redis.hgetall("hash"));
    redis.zadd("scores", 1.5, "a", 2.0, "b");
    List<List<Object>> scores = new ArrayList<>();
    for (ScoredValue<String> scored : redis.zrangeWithScores("scores", 0, -1)) {
      scores.add(List.of(scored.getValue(), scored.getScore()));
    }
    seen.put("scores", scores);
    redis.sadd("set", "x", "y");
    seen.put("members", new TreeSet<>(redis.smembers("set")));

    redis.mset(Clients.manyKeys());
    Set<String> found = new HashSet<>();
    ScanIterator.scan(redis, ScanArgs.Builder.matches("scan:*").limit(30))
        .forEachRemaining(found::add);
    seen.put("scanned", found.size());
  }

  private void blocking(RedisCommands<String, String> other) throws Exception {
    try (StatefulRedisConnection<String, String> waiting = client.connect()) {
      RedisFuture<KeyValue<String, String>> popped =
          waiting.async().blpop(Clients.PATIENCE_S, "queue", "spare");
      while (!Clients.oneIsBlocked(other.info("clients"))) {
        Thread.onSpinWait();
      }
      other.rpush("spare", "job");
      KeyValue<String, String> pair = popped.get();
      seen.put("popped", List.of(pair.getKey(), pair.getValue()));
    }
  }

  private void pipeline(StatefulRedisConnection<String, String> here) throws Exception {
    here.setAutoFlushCommands(false);
    List<RedisFuture<Long>> futures =
        List.of(here.async().incr("n"), here.async().incr("hash"), here.async().incr("n"));
    here.flushCommands();
    here.setAutoFlushCommands(true);
    List<Object> replies = new ArrayList<>();
    for (RedisFuture<Long> future : futures) {
      try {
        replies.add(future.get());
      } catch (ExecutionException error) {
        replies.add(error.getCause().getMessage());
      }
    }
    seen.put("pipeline", replies);
  }

  private void transactions(
      RedisCommands<String, String> here, RedisCommands<String, String> other) {
    here.multi();
    here.set("t", "2");
    here.get("t");
    seen.put("transaction", here.exec().stream().toList());

    // The first try meets a write of somebody else's, the second does not.
    List<Boolean> refused = new ArrayList<>();
    while (refused.size() < 2) {
      here.watch("t");
      int old = Integer.parseInt(here.get("t"));
      if (refused.isEmpty()) {
        other.set("t", "40");
      }
      here.multi();
      here.set("t", String.valueOf(old + 2));
      TransactionResult result = here.exec();
      refused.add(result.wasDiscarded());
    }
    seen.put("conflict", refused.equals(List.of(true, false)));
    seen.put("retried", here.get("t"));
  }

  private void messages(RedisCommands<String, String> other) throws Exception {
    BlockingQueue<List<String>> heard = new LinkedBlockingQueue<>();
    try (var subscriber = client.connectPubSub()) {
      subscriber.addListener(
          new RedisPubSubAdapter<String, String>() {
            @Override
            public void message(String channel, String message) {
              heard.add(List.of(channel, message));
            }

            @Override
            public void message(String pattern, String channel, String message) {
              heard.add(List.of(pattern, channel, message));
            }
          });
      subscriber.sync().subscribe("news");
      subscriber.sync().psubscribe("art.*");
      seen.put(
          "receivers",
          List.of(
              other.publish("news", "hello"),
              other.publish("art.new", "hi"),
              other.publish("void", "nobody")));
      seen.put("message", heard.poll(Clients.PATIENCE_S, TimeUnit.SECONDS));
      seen.put("pattern", heard.poll(Clients.PATIENCE_S, TimeUnit.SECONDS));
    }
  }

  private void scripts(RedisCommands<String, String> redis) {
    redis.scriptFlush();
    String sha = redis.digest(Clients.SCRIPT);
    List<Boolean> known = new ArrayList<>(redis.scriptExists(sha));
    List<Object> replies = new ArrayList<>();
    for (int n = 1; n <= 2; n++) {
      String[] keys = {"scripted"};
      String argument = String.valueOf(n);
      List<Object> reply;
      try {
        reply = redis.evalsha(sha, ScriptOutputType.MULTI, keys, argument);
      } catch (RedisNoScriptException unknown) {
        reply = redis.eval(Clients.SCRIPT, ScriptOutputType.MULTI, keys, argument);
      }
      replies.add(reply);
      known.addAll(redis.scriptExists(sha));
    }
    seen.put("script", replies);
    seen.put("known", known);
  }

  private static List<String> numbers(List<StreamMessage<String, String>> messages) {
    return messages.stream().map(message -> message.getBody().get("n")).toList();
  }

  @SuppressWarnings("unchecked") // an array of generic offsets, which the method only reads
  private static List<StreamMessage<String, String>> read(
      RedisCommands<String, String> redis, String consumer, String from, int count) {
    return redis.xreadgroup(
        Consumer.from("workers", consumer),
        XReadArgs.Builder.count(count),
        StreamOffset.from("jobs", from));
  }

  private static Map<String, Object> pending(RedisCommands<String, String> redis) {
    PendingMessages all = redis.xpending("jobs", "workers");
    return Map.of("count", all.getCount(), "consumers", all.getConsumerMessageCount());
  }

  private void streams(RedisCommands<String, String> here, RedisCommands<String, String> other) {
    here.xgroupCreate(
        StreamOffset.from("jobs", "0"), "workers", XGroupCreateArgs.Builder.mkstream());
    for (int n = 1; n <= 5; n++) {
      here.xadd("jobs", Map.of("n", String.valueOf(n)));
    }
    var ann = read(here, "ann", ">", 3);
    var bob = read(other, "bob", ">", 10);
    seen.put("ann", numbers(ann));
    seen.put("bob", numbers(bob));
    seen.put(
        "acknowledged", here.xack("jobs", "workers", ann.get(0).getId(), ann.get(1).getId()));
    seen.put("pending", pending(here));
    var claimed =
        other.xautoclaim(
            "jobs",
            XAutoClaimArgs.Builder.xautoclaim(Consumer.from("workers", "bob"), 0, "0"));
    seen.put("claimed", numbers(claimed.getMessages()));
    seen.put("left", pending(here));
    for (StreamMessage<String, String> message : read(other, "bob", "0", 10)) {
      other.xack("jobs", "workers", message.getId());
    }
    // Names and values in turn.
    List<?> group = (List<?>) here.xinfoGroups("jobs").get(0);
    List<Object> figures = new ArrayList<>();
    for (String name : List.of("consumers", "pending", "entries-read", "lag")) {
      figures.add(group.get(group.indexOf(name) + 1));
    }
    seen.put("group", figures);
    seen.put("trimmed", here.xtrim("jobs", 2));
    seen.put("length", here.xlen("jobs"));
  }
}
