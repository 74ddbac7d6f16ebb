# Writes the SQL files into one C++ source, in the order of their numbers.
#   cmake -DOUTPUT=<file> -DFILES=<file;...> -P embed_migrations.cmake
# 0001_name.sql is for both engines, 0001_name.sqlite.sql and 0001_name.postgresql.sql for one each.
set(rows "")
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(base "${file}" NAME)
  if(NOT base MATCHES "^0*([1-9][0-9]*)_([a-z0-9_]+)(\\.(sqlite|postgresql))?\\.sql$")
    message(FATAL_ERROR "${base}: not the name of a migration")
  endif()
  set(version "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  set(engine "std::nullopt")
  if(CMAKE_MATCH_4 STREQUAL "sqlite")
    set(engine "Engine::kSqlite")
  elseif(CMAKE_MATCH_4 STREQUAL "postgresql")
    set(engine "Engine::kPostgresql")
  endif()
  file(READ "${file}" sql)
  if(sql MATCHES "\\)sql\"")
    message(FATAL_ERROR "${base}: holds the end mark of the literal it is put in")
  endif()
  string(APPEND rows "    {${version}, \"${name}\", ${engine}, R\"sql(${sql})sql\"},\n")
endforeach()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
// Written by embed_migrations.cmake.
#include "metadata/migrations.h"

namespace miniredis::service::metadata {
namespace {

constexpr Migration kMigrations[] = {
@rows@};

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

}  // namespace miniredis::service::metadata
]])
