package clients;

import com.google.gson.GsonBuilder;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.LinkedHashMap;
import java.util.Map;
import redis.clients.jedis.RedisProtocol;

/**
 * Walks Jedis and Lettuce through what applications do with them, against the port given, and
 * prints what they saw as one JSON object. Any error ends the program.
 */
final class Clients {
  /** Longer than any reply takes, so that one that never comes is an error. */
  static final int PATIENCE_S = 20;

  static final String SCRIPT =
      """
      local n = redis.call('INCRBY', KEYS[1], ARGV[1])
      return {n, tostring(n / 2), redis.call('TYPE', KEYS[1]).ok, false}""";

  private Clients() {}

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    Map<String, Object> seen = new LinkedHashMap<>();
    seen.put("Jedis RESP2", new JedisWalk(port, RedisProtocol.RESP2).walk());
    seen.put("Jedis RESP3", new JedisWalk(port, RedisProtocol.RESP3).walk());
    seen.put("Lettuce RESP2", new LettuceWalk(port, ProtocolVersion.RESP2).walk());
    seen.put("Lettuce RESP3", new LettuceWalk(port, ProtocolVersion.RESP3).walk());
    seen.put("Lettuce caching", LettuceCaching.walk(port));
    System.out.println(new GsonBuilder().serializeNulls().create().toJson(seen));
  }

  /** The value of resp= in the reply to CLIENT INFO. */
  static int protocol(String clientInfo) {
    return Integer.parseInt(clientInfo.replaceAll("(?s).* resp=(\\d).*", "$1"));
  }

  static boolean oneIsBlocked(String info) {
    return info.contains("blocked_clients:1\r\n");
  }

  /** Keys and values for MSET. */
  static Map<String, String> manyKeys() {
    Map<String, String> keys = new LinkedHashMap<>();
    for (int n = 0; n < 1000; n++) {
      keys.put("scan:" + n, String.valueOf(n));
    }
    return keys;
  }
}
