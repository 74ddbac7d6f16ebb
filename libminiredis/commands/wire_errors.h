// Every error line that commands answer, word for word as Redis has it where Redis has it: programs
// compare them. The first word is the code.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace miniredis::commands::wire {

inline constexpr Bytes kSyntax = "ERR syntax error";
// Stands for wrong_arity() of the command at hand.
inline constexpr Bytes kArity = "ERR wrong number of arguments";
inline constexpr Bytes kNotInteger = "ERR value is not an integer or out of range";
inline constexpr Bytes kNotInt32 =
    "ERR value is out of range, value must between -2147483648 and 2147483647";
inline constexpr Bytes kNotFloat = "ERR value is not a valid float";
inline constexpr Bytes kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr Bytes kNoSuchKey = "ERR no such key";
inline constexpr Bytes kOutOfRange = "ERR index out of range";
inline constexpr Bytes kDbIndex = "ERR DB index is out of range";
inline constexpr Bytes kInvalidDbIndex = "ERR invalid DB index";
inline constexpr Bytes kSameObject = "ERR source and destination objects are the same";
inline constexpr Bytes kFieldsMissing =
    "ERR Mandatory argument FIELDS is missing or not at the right position";
inline constexpr Bytes kFieldsMismatch =
    "ERR The `numfields` parameter must match the number of arguments";
inline constexpr Bytes kFieldCount = "ERR Number of fields must be a positive integer";
inline constexpr Bytes kFieldCountToExpire = "ERR Parameter `numFields` should be greater than 0";
inline constexpr Bytes kFieldCountToSet = "ERR invalid number of fields";
inline constexpr Bytes kFieldExpiryNegative = "ERR invalid expire time, must be >= 0";
inline constexpr Bytes kFieldExpiryMissing = "ERR missing expire time";
inline constexpr Bytes kTwoFieldExpiriesOfRead =
    "ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified";
inline constexpr Bytes kTwoFieldExpiriesOfWrite =
    "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
inline constexpr Bytes kTwoFieldConditions =
    "ERR Only one of FXX or FNX arguments can be specified";
inline constexpr Bytes kIdleTimeNegative = "ERR Invalid IDLETIME value, must be >= 0";
inline constexpr Bytes kFrequencyOutOfRange = "ERR Invalid FREQ value, must be >= 0 and <= 255";
inline constexpr Bytes kTtlNegative = "ERR Invalid TTL value, must be >= 0";
inline constexpr Bytes kMigrateKeys =
    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
inline constexpr Bytes kMigratePort = "ERR port is out of range, must be between 1 and 65535";
inline constexpr Bytes kMigrateRefused = "ERR Target instance replied with error: ";
inline constexpr Bytes kMigrateNotAllowed =
    "ERR MIGRATE to this target is not allowed by the server; allowed: ";
inline constexpr Bytes kMigrateTooMany = "IOERR too many transfers are under way, try again";
inline constexpr Bytes kMigrateNoConnection = "IOERR error or timeout connecting to the client";
inline constexpr Bytes kMigrateNotWritten = "IOERR error or timeout writing to target instance";
inline constexpr Bytes kMigrateNotRead = "IOERR error or timeout reading to target instance";
inline constexpr Bytes kBusyKey = "BUSYKEY Target key name already exists.";
inline constexpr Bytes kPayloadFrame = "ERR DUMP payload version or checksum are wrong";
inline constexpr Bytes kPayloadData = "ERR Bad data format";
inline constexpr Bytes kSortNotNumber = "ERR One or more scores can't be converted into double";
inline constexpr Bytes kSortByDenied =
    "ERR BY option of SORT denied due to insufficient ACL permissions.";
inline constexpr Bytes kSortGetDenied =
    "ERR GET option of SORT denied due to insufficient ACL permissions.";
inline constexpr Bytes kRedirectTwice = "ERR A client can only redirect to a single other client";
inline constexpr Bytes kRedirectUnknown = "ERR The client ID you want redirect to does not exist";
inline constexpr Bytes kPrefixWithoutBroadcast =
    "ERR PREFIX option requires BCAST mode to be enabled";
inline constexpr Bytes kBroadcastSwitched =
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
    "re-enabling it with a different mode.";
inline constexpr Bytes kBroadcastAndOpt = "ERR OPTIN and OPTOUT are not compatible with BCAST";
inline constexpr Bytes kOptInAndOut = "ERR You can't specify both OPTIN mode and OPTOUT mode";
inline constexpr Bytes kOptSwitched =
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
    "re-enabling it with a different mode.";
inline constexpr Bytes kCachingUntracked =
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
    "OPTOUT mode enabled";
inline constexpr Bytes kCachingYes =
    "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
inline constexpr Bytes kCachingNo =
    "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";
inline constexpr Bytes kUnblockReason = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
inline constexpr Bytes kUnblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
inline constexpr Bytes kOverflow = "ERR increment or decrement would overflow";
inline constexpr Bytes kDecrOverflow = "ERR decrement would overflow";
inline constexpr Bytes kNanOrInfinity = "ERR increment would produce NaN or Infinity";
inline constexpr Bytes kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr Bytes kOffsetOutOfRange = "ERR offset is out of range";
inline constexpr Bytes kInvalidCursor = "ERR invalid cursor";
inline constexpr Bytes kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr Bytes kNotPositive = "ERR value is out of range, must be positive";
inline constexpr Bytes kNumKeys = "ERR numkeys should be greater than 0";
inline constexpr Bytes kCountNotPositive = "ERR count should be greater than 0";
inline constexpr Bytes kTimeoutNotFloat = "ERR timeout is not a float or out of range";
inline constexpr Bytes kTimeoutNegative = "ERR timeout is negative";
inline constexpr Bytes kTimeoutOutOfRange = "ERR timeout is out of range";
inline constexpr Bytes kRankZero =
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
    "negative to start from the end of the list";
inline constexpr Bytes kCountNegative = "ERR COUNT can't be negative";
inline constexpr Bytes kMaxLenNegative = "ERR MAXLEN can't be negative";
inline constexpr Bytes kHashNotInteger = "ERR hash value is not an integer";
inline constexpr Bytes kHashNotFloat = "ERR hash value is not a float";
inline constexpr Bytes kStepNanOrInfinity = "ERR value is NaN or Infinity";
inline constexpr Bytes kValueOutOfRange = "ERR value is out of range";
inline constexpr Bytes kInvalidStreamId =
    "ERR Invalid stream ID specified as stream command argument";
inline constexpr Bytes kInvalidIntervalStart = "ERR invalid start ID for the interval";
inline constexpr Bytes kInvalidIntervalEnd = "ERR invalid end ID for the interval";
inline constexpr Bytes kStreamIdZero = "ERR The ID specified in XADD must be greater than 0-0";
inline constexpr Bytes kStreamIdSmall =
    "ERR The ID specified in XADD is equal or smaller than the target stream top item";
inline constexpr Bytes kStreamExhausted =
    "ERR The stream has exhausted the last possible ID, unable to add more items";
inline constexpr Bytes kStreamEntryTooLarge = "ERR Elements are too large to be stored";
inline constexpr Bytes kTwoTrims =
    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
inline constexpr Bytes kTrimLengthNegative = "ERR The MAXLEN argument must be >= 0.";
inline constexpr Bytes kTrimLimitNegative = "ERR The LIMIT argument must be >= 0.";
inline constexpr Bytes kLimitWithoutTrim =
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
inline constexpr Bytes kLimitWithoutTilde =
    "ERR syntax error, LIMIT cannot be used without the special ~ option";
inline constexpr Bytes kTrimWithoutStrategy =
    "ERR syntax error, XTRIM must be called with a trimming strategy";
inline constexpr Bytes kEntriesAddedNegative = "ERR entries_added must be positive";
inline constexpr Bytes kSetIdBelowGivenDeleted =
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id";
inline constexpr Bytes kSetIdBelowDeleted =
    "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
inline constexpr Bytes kSetIdBelowTop =
    "ERR The ID specified in XSETID is smaller than the target stream top item";
inline constexpr Bytes kEntriesAddedBelowLength =
    "ERR The entries_added specified in XSETID is smaller than the target stream length";
inline constexpr Bytes kTimeoutNotInteger = "ERR timeout is not an integer or out of range";
inline constexpr Bytes kGroupInXRead =
    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.";
inline constexpr Bytes kNoAckInXRead =
    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.";
inline constexpr Bytes kMissingGroup = "ERR Missing GROUP option for XREADGROUP";
inline constexpr Bytes kNewestInXReadGroup =
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
    "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would "
    "just return an empty result set.";
inline constexpr Bytes kUndeliveredInXRead =
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
    "option.";
inline constexpr Bytes kXGroupNeedsKey =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically.";
inline constexpr Bytes kBusyGroup = "BUSYGROUP Consumer Group name already exists";
inline constexpr Bytes kEntriesReadNegative = "ERR value for ENTRIESREAD must be positive or -1";
inline constexpr Bytes kAutoClaimCount = "ERR COUNT must be > 0";
inline constexpr Bytes kTimeLimit =
    "ERR the command has passed the node's command-time-limit and was given up; nothing was "
    "changed";
inline constexpr Bytes kNoPermTransaction =
    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
    "call. This command is no longer allowed for the following reason: ";
inline constexpr Bytes kNoAclFile =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
    "configuration file set) in order to store users in the Redis configuration.";
inline constexpr Bytes kAclNotSaved =
    "ERR There was an error trying to save the ACLs. Please check the server logs for more "
    "information";
inline constexpr Bytes kBadUserName = "ERR Usernames can't contain spaces or null characters";
inline constexpr Bytes kClusterOff = "ERR This instance has cluster support disabled";
inline constexpr Bytes kDefaultUserStays = "ERR The 'default' user cannot be removed";
inline constexpr Bytes kNoAuth = "NOAUTH Authentication required.";
inline constexpr Bytes kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr Bytes kNoPasswordSet =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure "
    "your configuration is correct?";
inline constexpr Bytes kNoProto = "NOPROTO unsupported protocol version";
inline constexpr Bytes kHelloNeedsAuth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "<proto> "
    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
    "version at the same time";
inline constexpr Bytes kNestedMulti = "ERR MULTI calls can not be nested";
inline constexpr Bytes kExecWithoutMulti = "ERR EXEC without MULTI";
inline constexpr Bytes kDiscardWithoutMulti = "ERR DISCARD without MULTI";
inline constexpr Bytes kWatchInMulti = "ERR WATCH inside MULTI is not allowed";
inline constexpr Bytes kExecAbort = "EXECABORT Transaction discarded because of previous errors.";
inline constexpr Bytes kBusyScript =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
inline constexpr Bytes kNotBusy = "NOTBUSY No scripts in execution right now.";
inline constexpr Bytes kUnkillable =
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
    "either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE "
    "command.";
inline constexpr Bytes kScriptOutOfMemory =
    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
inline constexpr Bytes kNoFunction = "ERR Function not found";
inline constexpr Bytes kFunctionKeyCount = "ERR Bad number of keys provided";
inline constexpr Bytes kFunctionWrites =
    "ERR Can not execute a script with write flag using *_ro command.";
inline constexpr Bytes kNoLibrary = "ERR Library not found";
inline constexpr Bytes kNoScript = "NOSCRIPT No matching script. Please use EVAL.";
inline constexpr Bytes kScriptKeysNegative = "ERR Number of keys can't be negative";
inline constexpr Bytes kNodeStopped = "ERR node is stopped";
inline constexpr Bytes kNodeBusy = "BUSY the node is at work on a long command, try again later";
inline constexpr Bytes kNodeGone = "ERR node is gone";
inline constexpr Bytes kMaxClients = "ERR max number of clients reached";
inline constexpr Bytes kMaxTenantClients = "ERR max number of clients of the tenant reached";
inline constexpr Bytes kShutdownRefused =
    "NOPERM SHUTDOWN is for the operator of the engine: a node is stopped through its control "
    "plane";
inline constexpr Bytes kNoPolicyLfu =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
    "when switching between policies at runtime LRU and LFU data will take some time to adjust.";
inline constexpr Bytes kPolicyIsLfu =
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust.";

inline constexpr Bytes kNotLong =
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
inline constexpr Bytes kNotScoreRange = "ERR min or max is not a float";
inline constexpr Bytes kNotMemberRange = "ERR min or max not valid string range item";
inline constexpr Bytes kXxAndNx = "ERR XX and NX options at the same time are not compatible";
inline constexpr Bytes kGtLtNx =
    "ERR GT, LT, and/or NX options at the same time are not compatible";
inline constexpr Bytes kIncrOnePair = "ERR INCR option supports a single increment-element pair";
inline constexpr Bytes kScoreNan = "ERR resulting score is not a number (NaN)";
inline constexpr Bytes kLimitNeedsRange =
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
inline constexpr Bytes kScoresNotByLex =
    "ERR syntax error, WITHSCORES not supported in combination with BYLEX";
inline constexpr Bytes kWeightNotFloat = "ERR weight value is not a float";
inline constexpr Bytes kTooManyKeys = "ERR Number of keys can't be greater than number of args";
inline constexpr Bytes kLimitNegative = "ERR LIMIT can't be negative";

inline constexpr Bytes kBitOffset = "ERR bit offset is not an integer or out of range";
inline constexpr Bytes kBitValue = "ERR bit is not an integer or out of range";
inline constexpr Bytes kBitNotOneOrZero = "ERR The bit argument must be 1 or 0.";
inline constexpr Bytes kBitNotOfOne = "ERR BITOP NOT must be called with a single source key.";
inline constexpr Bytes kBitFieldType =
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
    "is.";
inline constexpr Bytes kBitFieldOverflow = "ERR Invalid OVERFLOW type specified";
inline constexpr Bytes kBitFieldReadOnly = "ERR BITFIELD_RO only supports the GET subcommand";

inline constexpr Bytes kNotHyperLogLog = "WRONGTYPE Key is not a valid HyperLogLog string value.";
inline constexpr Bytes kCorruptHyperLogLog = "INVALIDOBJ Corrupted HLL object detected";
inline constexpr Bytes kGeoUnit = "ERR unsupported unit provided. please use M, KM, FT, MI";
inline constexpr Bytes kGeoRadiusNotNumber = "ERR need numeric radius";
inline constexpr Bytes kGeoRadiusNegative = "ERR radius cannot be negative";
inline constexpr Bytes kGeoWidthNotNumber = "ERR need numeric width";
inline constexpr Bytes kGeoHeightNotNumber = "ERR need numeric height";
inline constexpr Bytes kGeoBoxNegative = "ERR height or width cannot be negative";
inline constexpr Bytes kGeoNoMember = "ERR could not decode requested zset member";
inline constexpr Bytes kGeoCount = "ERR COUNT must be > 0";
inline constexpr Bytes kGeoAnyNeedsCount = "ERR the ANY argument requires COUNT argument";

// "ERR at least 1 input key is needed for 'zunion' command"
inline std::string no_input_key(Bytes command) {
  return "ERR at least 1 input key is needed for '" + std::string(command) + "' command";
}
// "ERR wrong number of arguments for 'get' command"; a subcommand is named "config|get".
inline std::string wrong_arity(Bytes command) {
  return "ERR wrong number of arguments for '" + std::string(command) + "' command";
}
// "ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP."
inline std::string wrong_subcommand(Bytes name, Bytes container) {
  return "ERR unknown subcommand or wrong number of arguments for '" + std::string(name) +
         "'. Try " + std::string(container) + " HELP.";
}
// "ERR too many failed log-ins from this address; try again in 12 s"
inline std::string too_many_logins(std::uint32_t seconds) {
  return "ERR too many failed log-ins from this address; try again in " + std::to_string(seconds) +
         " s";
}
// "ERR invalid expire time in 'set' command"
inline std::string invalid_expire(Bytes command) {
  return "ERR invalid expire time in '" + std::string(command) + "' command";
}

}  // namespace miniredis::commands::wire
