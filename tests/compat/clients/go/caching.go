package main

import (
	"context"
	"sort"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// A client that keeps what it reads until the server says that it changed; options are those of
// CLIENT TRACKING, and all that is said comes out of the channel.
func caching(address string, options ...string) (rueidis.Client, <-chan []string) {
	told := make(chan []string, 100)
	return must(rueidis.NewClient(rueidis.ClientOption{
		InitAddress:           []string{address},
		PipelineMultiplex:     -1, // One connection, so that a flush is told once.
		ClientTrackingOptions: options,
		OnInvalidations: func(messages []rueidis.RedisMessage) {
			keys := []string{}
			for _, message := range messages {
				keys = append(keys, must(message.ToString()))
			}
			told <- keys
		},
	})), told
}

func cache(ctx context.Context, address string) results {
	writer := must(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{address}, DisableCache: true,
	}))
	defer writer.Close()
	do := func(command ...string) rueidis.RedisResult {
		return writer.Do(ctx, writer.B().Arbitrary(command...).Build())
	}
	check(do("FLUSHALL").Error())
	reader, told := caching(address, "OPTIN")
	defer reader.Close()
	get := func(key string) []any {
		reply := reader.DoCache(ctx, reader.B().Get().Key(key).Cache(), time.Minute)
		return []any{must(reply.ToString()), reply.IsCacheHit()}
	}
	seen := results{}
	check(do("SET", "t", "1").Error())
	seen["gets"] = [][]any{get("t"), get("t")}
	check(do("SET", "t", "2").Error())
	seen["told"] = receive(ctx, told)
	seen["afterwards"] = [][]any{get("t"), get("t")}

	check(do("MSET", "a", "1", "b", "2").Error())
	many := must(rueidis.MGetCache(reader, ctx, time.Minute, []string{"a", "b"}))
	texts := map[string]string{}
	for key, message := range many {
		texts[key] = must(message.ToString())
	}
	seen["many"] = texts
	check(do("DEL", "a", "b").Error())
	seen["deleted"] = receiveKeys(ctx, told, 2)

	// What the server lets go by itself is invalid as well.
	check(do("SET", "short", "1", "PX", "500").Error())
	seen["short"] = get("short")
	seen["expired"] = receive(ctx, told)
	check(do("FLUSHDB").Error())
	seen["flushed"] = receive(ctx, told)

	script := rueidis.NewLuaScript("return redis.call('SET', KEYS[1], ARGV[1])")
	check(do("SET", "t", "1").Error())
	seen["scripted"] = get("t")
	check(script.Exec(ctx, writer, []string{"t"}, []string{"by a script"}).Error())
	seen["toldOfScript"] = receive(ctx, told)

	prefixed, toldOfPrefix := caching(address, "PREFIX", "user:", "BCAST")
	defer prefixed.Close()
	check(prefixed.Do(ctx, prefixed.B().Ping().Build()).Error())
	for _, key := range strings.Fields("user:1 other user:2") {
		check(do("SET", key, "1").Error())
	}
	seen["prefixed"] = receiveKeys(ctx, toldOfPrefix, 2)
	return seen
}

// So many keys, in however many messages, in order.
func receiveKeys(ctx context.Context, told <-chan []string, count int) []string {
	keys := []string{}
	for len(keys) < count {
		keys = append(keys, receive(ctx, told)...)
	}
	sort.Strings(keys)
	return keys
}
