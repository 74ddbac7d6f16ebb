package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/push"
)

// A client that notes the id of the connection it made last.
type client struct {
	*redis.Client
	lastID *int64
}

func open(address string, protocol int) client {
	id := new(int64)
	noteID := func(ctx context.Context, connection *redis.Conn) error {
		made, err := connection.ClientID(ctx).Result()
		atomic.StoreInt64(id, made)
		return err
	}
	options := &redis.Options{Addr: address, Protocol: protocol, OnConnect: noteID}
	return client{redis.NewClient(options), id}
}

func walk(ctx context.Context, address string, protocol int) results {
	here, other := open(address, protocol), open(address, protocol)
	defer here.Close()
	defer other.Close()
	check(here.FlushAll(ctx).Err())
	seen := results{}
	values(ctx, here, seen)
	blocking(ctx, here, other, seen)
	transactions(ctx, here, other, seen)
	messages(ctx, here, other, seen)
	scripts(ctx, here, seen)
	streams(ctx, here, other, seen)
	if protocol == 2 {
		seen["tracking"] = trackingByChannel(ctx, here, other)
	} else {
		seen["tracking"] = trackingByPush(ctx, here, other)
	}
	return seen
}

func values(ctx context.Context, rdb client, seen results) {
	seen["protocol"] = must(rdb.ClientInfo(ctx).Result()).Resp
	seen["set"] = must(rdb.Set(ctx, "text", "ü\x00\r\n", patience).Result())
	seen["text"] = must(rdb.Get(ctx, "text").Result())
	seen["expires"] = must(rdb.TTL(ctx, "text").Result()) > 0
	seen["missing"] = errors.Is(rdb.Get(ctx, "missing").Err(), redis.Nil)
	seen["error"] = rdb.Incr(ctx, "text").Err().Error()
	check(rdb.HSet(ctx, "hash", "name", "ada", "age", 36).Err())
	seen["hash"] = must(rdb.HGetAll(ctx, "hash").Result())
	pair := []redis.Z{{Score: 1.5, Member: "a"}, {Score: 2, Member: "b"}}
	check(rdb.ZAdd(ctx, "scores", pair...).Err())
	scores := [][]any{}
	for _, scored := range must(rdb.ZRangeWithScores(ctx, "scores", 0, -1).Result()) {
		scores = append(scores, []any{scored.Member, scored.Score})
	}
	seen["scores"] = scores
	check(rdb.SAdd(ctx, "set", "x", "y").Err())
	members := must(rdb.SMembers(ctx, "set").Result())
	sort.Strings(members)
	seen["members"] = members

	pairs := []any{}
	for n := 0; n < 1000; n++ {
		pairs = append(pairs, fmt.Sprintf("scan:%d", n), n)
	}
	check(rdb.MSet(ctx, pairs...).Err())
	found := map[string]bool{}
	keys := rdb.Scan(ctx, 0, "scan:*", 30).Iterator()
	for keys.Next(ctx) {
		found[keys.Val()] = true
	}
	check(keys.Err())
	seen["scanned"] = len(found)
}

func blocking(ctx context.Context, here, other client, seen results) {
	popped := make(chan []string)
	go func() { popped <- must(here.BLPop(ctx, patience, "queue", "spare").Result()) }()
	for !strings.Contains(must(other.Info(ctx, "clients").Result()), "blocked_clients:1\r\n") {
	}
	check(other.RPush(ctx, "spare", "job").Err())
	seen["popped"] = receive(ctx, popped)
}

func transactions(ctx context.Context, here, other client, seen results) {
	pipe := here.Pipeline()
	replies := []*redis.IntCmd{pipe.Incr(ctx, "n"), pipe.Incr(ctx, "hash"), pipe.Incr(ctx, "n")}
	_, err := pipe.Exec(ctx)
	seen["pipeline"] = []any{replies[0].Val(), err.Error(), replies[2].Val()}

	tx := here.TxPipeline()
	set, get := tx.Set(ctx, "t", "2", 0), tx.Get(ctx, "t")
	must(tx.Exec(ctx))
	seen["transaction"] = []string{set.Val(), get.Val()}

	// The first try meets a write of somebody else's, the second does not.
	tries := 0
	add := func(tx *redis.Tx) error {
		tries++
		old := must(tx.Get(ctx, "t").Int())
		if tries == 1 {
			check(other.Set(ctx, "t", "40", 0).Err())
		}
		_, err := tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			return pipe.Set(ctx, "t", old+2, 0).Err()
		})
		return err
	}
	seen["conflict"] = errors.Is(here.Watch(ctx, add, "t"), redis.TxFailedErr)
	check(here.Watch(ctx, add, "t"))
	seen["retried"] = must(here.Get(ctx, "t").Result())
}

func messages(ctx context.Context, here, other client, seen results) {
	subscriber := here.Subscribe(ctx, "news")
	defer subscriber.Close()
	check(subscriber.PSubscribe(ctx, "art.*"))
	must(subscriber.Receive(ctx))
	must(subscriber.Receive(ctx))
	seen["receivers"] = []int64{
		must(other.Publish(ctx, "news", "hello").Result()),
		must(other.Publish(ctx, "art.new", "hi").Result()),
		must(other.Publish(ctx, "void", "nobody").Result()),
	}
	message := must(subscriber.ReceiveMessage(ctx))
	seen["message"] = []string{message.Channel, message.Payload}
	message = must(subscriber.ReceiveMessage(ctx))
	seen["pattern"] = []string{message.Pattern, message.Channel, message.Payload}
}

func scripts(ctx context.Context, rdb client, seen results) {
	check(rdb.ScriptFlush(ctx).Err())
	script := redis.NewScript(`
		local n = redis.call('INCRBY', KEYS[1], ARGV[1])
		return {n, tostring(n / 2), redis.call('TYPE', KEYS[1]).ok, false}`)
	known := []bool{must(script.Exists(ctx, rdb).Result())[0]}
	replies := []any{}
	for n := 1; n <= 2; n++ {
		replies = append(replies, must(script.Run(ctx, rdb, []string{"scripted"}, n).Result()))
		known = append(known, must(script.Exists(ctx, rdb).Result())[0])
	}
	seen["script"] = replies
	seen["known"] = known
}

func streams(ctx context.Context, here, other client, seen results) {
	check(here.XGroupCreateMkStream(ctx, "jobs", "workers", "0").Err())
	for n := 1; n <= 5; n++ {
		check(here.XAdd(ctx, &redis.XAddArgs{Stream: "jobs", Values: []any{"n", n}}).Err())
	}
	read := func(rdb client, consumer, from string, count int64) []redis.XMessage {
		arguments := &redis.XReadGroupArgs{
			Group: "workers", Consumer: consumer, Streams: []string{"jobs", from}, Count: count,
		}
		return must(rdb.XReadGroup(ctx, arguments).Result())[0].Messages
	}
	pending := func() results {
		all := must(here.XPending(ctx, "jobs", "workers").Result())
		return results{"count": all.Count, "consumers": all.Consumers}
	}
	ann := read(here, "ann", ">", 3)
	bob := read(other, "bob", ">", 10)
	seen["ann"], seen["bob"] = numbers(ann), numbers(bob)
	seen["acknowledged"] = must(here.XAck(ctx, "jobs", "workers", ann[0].ID, ann[1].ID).Result())
	seen["pending"] = pending()
	claimed, _, err := other.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: "jobs", Group: "workers", Consumer: "bob", Start: "0",
	}).Result()
	check(err)
	seen["claimed"] = numbers(claimed)
	seen["left"] = pending()
	mine := read(other, "bob", "0", 10)
	for _, message := range mine {
		check(other.XAck(ctx, "jobs", "workers", message.ID).Err())
	}
	group := must(here.XInfoGroups(ctx, "jobs").Result())[0]
	seen["group"] = []int64{group.Consumers, group.Pending, group.EntriesRead, group.Lag}
	seen["trimmed"] = must(here.XTrimMaxLen(ctx, "jobs", 2).Result())
	seen["length"] = must(here.XLen(ctx, "jobs").Result())
}

func numbers(messages []redis.XMessage) []any {
	all := []any{}
	for _, message := range messages {
		all = append(all, message.Values["n"])
	}
	return all
}

// RESP2 has no messages beside replies: another connection is told, as if it had subscribed.
func trackingByChannel(ctx context.Context, here, other client) results {
	subscriber := here.Subscribe(ctx, "__redis__:invalidate")
	defer subscriber.Close()
	must(subscriber.Receive(ctx))
	id := atomic.LoadInt64(here.lastID)
	reader := here.Conn()
	defer reader.Close()
	check(reader.Do(ctx, "CLIENT", "TRACKING", "ON", "REDIRECT", id).Err())
	first := reader.Get(ctx, "t").Val()
	check(other.Set(ctx, "t", "changed", 0).Err())
	keys := must(subscriber.ReceiveMessage(ctx)).PayloadSlice
	return results{"first": first, "invalidated": keys, "second": reader.Get(ctx, "t").Val()}
}

// Takes what a connection is told between replies.
type invalidations struct{ keys []any }

func (i *invalidations) HandlePushNotification(
	_ context.Context, _ push.NotificationHandlerContext, message []any,
) error {
	i.keys = append(i.keys, message[1].([]any)...)
	return nil
}

func trackingByPush(ctx context.Context, here, other client) results {
	told := &invalidations{}
	check(here.RegisterPushNotificationHandler("invalidate", told, false))
	reader := here.Conn()
	defer reader.Close()
	check(reader.Do(ctx, "CLIENT", "TRACKING", "ON").Err())
	first := reader.Get(ctx, "t").Val()
	check(other.Set(ctx, "t", "changed", 0).Err())
	// This client looks for messages when it reads a reply.
	for len(told.keys) == 0 {
		check(reader.Ping(ctx).Err())
	}
	return results{"first": first, "invalidated": told.keys, "second": reader.Get(ctx, "t").Val()}
}
