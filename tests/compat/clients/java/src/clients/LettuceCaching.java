package clients;

import io.lettuce.core.RedisClient;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Values that Lettuce keeps until the server says that they changed. */
final class LettuceCaching {
  private LettuceCaching() {}

  static Map<String, Object> walk(int port) throws Exception {
    Map<String, Object> seen = new LinkedHashMap<>();
    RedisClient client = LettuceWalk.open(port, ProtocolVersion.RESP3);
    try (var reader = client.connect();
        var watcher = client.connect();
        var writer = client.connect()) {
      RedisCommands<String, String> write = writer.sync();
      write.flushall();
      write.mset(Map.of("t", "1", "other", "1"));
      Map<String, String> kept = new ConcurrentHashMap<>();
      BlockingQueue<String> told = new LinkedBlockingQueue<>();
      CacheFrontend<String, String> cache =
          ClientSideCaching.enable(
              CacheAccessor.forMap(kept), reader, TrackingArgs.Builder.enabled());
      ((ClientSideCaching<String, String>) cache).addInvalidationListener(told::add);
      seen.put("gets", List.of(cache.get("t"), cache.get("other")));
      seen.put("kept", Map.copyOf(kept));

      write.set("t", "2");
      seen.put("told", next(told));
      seen.put("left", Map.copyOf(kept));
      seen.put("afterwards", cache.get("t"));

      write.pexpire("t", 500);
      seen.put("toldOfItsLife", next(told));
      cache.get("t");
      seen.put("expired", next(told));
      seen.put("gone", cache.get("t") == null);

      // Every change of a key with the prefix, whether it was read or not.
      BlockingQueue<String> broadcast = new LinkedBlockingQueue<>();
      watcher.addListener(
          message -> {
            if (message.getType().equals("invalidate")) {
              List<?> keys = (List<?>) message.getContent(LettuceCaching::decode).get(1);
              keys.forEach(key -> broadcast.add((String) key));
            }
          });
      watcher.sync().clientTracking(TrackingArgs.Builder.enabled().bcast().prefixes("user:"));
      write.set("user:1", "1");
      write.set("other", "2");
      write.set("user:2", "1");
      seen.put("prefixed", new TreeSet<>(List.of(next(broadcast), next(broadcast))));
      seen.put("info", new TreeSet<>(watcher.sync().clientTrackinginfo().getPrefixes()));
    } finally {
      LettuceWalk.close(client);
    }
    return seen;
  }

  private static Object decode(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private static String next(BlockingQueue<String> queue) throws InterruptedException {
    return queue.poll(Clients.PATIENCE_S, TimeUnit.SECONDS);
  }
}
