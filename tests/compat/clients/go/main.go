// Walks go-redis and rueidis through what applications do with them, against the port given, and
// prints what they saw as one JSON object. Any error ends the program.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// What one client saw, by what was tried.
type results map[string]any

// Longer than all of it takes, so that a reply or message that never comes is an error.
const patience = 20 * time.Second

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func receive[T any](ctx context.Context, from <-chan T) T {
	select {
	case value := <-from:
		return value
	case <-ctx.Done():
		panic(ctx.Err())
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address := "127.0.0.1:" + os.Args[1]
	seen := map[string]results{
		"go-redis RESP2": walk(ctx, address, 2),
		"go-redis RESP3": walk(ctx, address, 3),
		"rueidis":        cache(ctx, address),
	}
	fmt.Println(string(must(json.Marshal(seen))))
}
