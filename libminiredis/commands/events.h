// The keyspace events that commands tell of, by Redis' names.
#pragma once

#include "keyspace/write_scope.h"

namespace miniredis::commands::events {

using keyspace::Event;
using keyspace::EventClass;

inline constexpr Event kSet{EventClass::kString, "set"};
// DECR and DECRBY tell of this one too, as in Redis.
inline constexpr Event kIncrBy{EventClass::kString, "incrby"};
inline constexpr Event kIncrByFloat{EventClass::kString, "incrbyfloat"};
inline constexpr Event kAppend{EventClass::kString, "append"};
inline constexpr Event kSetRange{EventClass::kString, "setrange"};
inline constexpr Event kSetBit{EventClass::kString, "setbit"};
inline constexpr Event kPfAdd{EventClass::kString, "pfadd"};
inline constexpr Event kDel{EventClass::kGeneric, "del"};
inline constexpr Event kExpire{EventClass::kGeneric, "expire"};
inline constexpr Event kPersist{EventClass::kGeneric, "persist"};
inline constexpr Event kRenameFrom{EventClass::kGeneric, "rename_from"};
inline constexpr Event kRenameTo{EventClass::kGeneric, "rename_to"};
inline constexpr Event kMoveFrom{EventClass::kGeneric, "move_from"};
inline constexpr Event kMoveTo{EventClass::kGeneric, "move_to"};
inline constexpr Event kRestore{EventClass::kGeneric, "restore"};
inline constexpr Event kCopyTo{EventClass::kGeneric, "copy_to"};

inline constexpr Event kLPush{EventClass::kList, "lpush"};
inline constexpr Event kRPush{EventClass::kList, "rpush"};
inline constexpr Event kLPop{EventClass::kList, "lpop"};
inline constexpr Event kRPop{EventClass::kList, "rpop"};
inline constexpr Event kLSet{EventClass::kList, "lset"};
inline constexpr Event kLTrim{EventClass::kList, "ltrim"};
inline constexpr Event kLInsert{EventClass::kList, "linsert"};
inline constexpr Event kSortStore{EventClass::kList, "sortstore"};
inline constexpr Event kLRem{EventClass::kList, "lrem"};
inline constexpr Event kSAdd{EventClass::kSet, "sadd"};
inline constexpr Event kSRem{EventClass::kSet, "srem"};
inline constexpr Event kSPop{EventClass::kSet, "spop"};
inline constexpr Event kSUnionStore{EventClass::kSet, "sunionstore"};
inline constexpr Event kSInterStore{EventClass::kSet, "sinterstore"};
inline constexpr Event kSDiffStore{EventClass::kSet, "sdiffstore"};
inline constexpr Event kHSet{EventClass::kHash, "hset"};
inline constexpr Event kHDel{EventClass::kHash, "hdel"};
inline constexpr Event kHExpire{EventClass::kHash, "hexpire"};
inline constexpr Event kHPersist{EventClass::kHash, "hpersist"};
inline constexpr Event kHIncrBy{EventClass::kHash, "hincrby"};
inline constexpr Event kHIncrByFloat{EventClass::kHash, "hincrbyfloat"};

inline constexpr Event kZAdd{EventClass::kSortedSet, "zadd"};
inline constexpr Event kZIncr{EventClass::kSortedSet, "zincr"};
inline constexpr Event kZRem{EventClass::kSortedSet, "zrem"};
inline constexpr Event kZRemRangeByRank{EventClass::kSortedSet, "zremrangebyrank"};
inline constexpr Event kZRemRangeByScore{EventClass::kSortedSet, "zremrangebyscore"};
inline constexpr Event kZRemRangeByLex{EventClass::kSortedSet, "zremrangebylex"};
inline constexpr Event kZPopMin{EventClass::kSortedSet, "zpopmin"};
inline constexpr Event kZPopMax{EventClass::kSortedSet, "zpopmax"};
inline constexpr Event kZRangeStore{EventClass::kSortedSet, "zrangestore"};
inline constexpr Event kZUnionStore{EventClass::kSortedSet, "zunionstore"};
inline constexpr Event kZInterStore{EventClass::kSortedSet, "zinterstore"};
inline constexpr Event kZDiffStore{EventClass::kSortedSet, "zdiffstore"};
inline constexpr Event kGeoSearchStore{EventClass::kSortedSet, "geosearchstore"};
inline constexpr Event kGeoRadiusStore{EventClass::kSortedSet, "georadiusstore"};
inline constexpr Event kXAdd{EventClass::kStream, "xadd"};
inline constexpr Event kXDel{EventClass::kStream, "xdel"};
inline constexpr Event kXTrim{EventClass::kStream, "xtrim"};
inline constexpr Event kXSetId{EventClass::kStream, "xsetid"};
inline constexpr Event kXGroupCreate{EventClass::kStream, "xgroup-create"};
inline constexpr Event kXGroupCreateConsumer{EventClass::kStream, "xgroup-createconsumer"};
inline constexpr Event kXGroupDelConsumer{EventClass::kStream, "xgroup-delconsumer"};
inline constexpr Event kXGroupDestroy{EventClass::kStream, "xgroup-destroy"};
inline constexpr Event kXGroupSetId{EventClass::kStream, "xgroup-setid"};
// Of what consumers do to a group, and of a key that another takes the name of, no event tells.
inline constexpr Event kUntold{EventClass{}, ""};

}  // namespace miniredis::commands::events
