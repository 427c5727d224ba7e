# Fails when a third-party header is included anywhere but in the one file that wraps it.
cmake_minimum_required(VERSION 3.25)
set(owners
  "cJSON.h=base/json.c"
  "pcre2.h=base/pattern.c"
  "xxhash.h=base/hash.c"
  "lmdb.h=indexer/store_internal.h"
  "zstd.h=archive/frame.c"
  "openssl/evp.h=archive/sha256.c"
  "archive.h=archive/tar.c"
  "archive_entry.h=archive/tar.c")
set(wrong "")
foreach(layer IN LISTS LAYERS)
  file(GLOB_RECURSE files RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${layer}/*.c ${layer}/*.h)
  foreach(path IN LISTS files)
    file(STRINGS ${path} lines REGEX "^[ \t]*#[ \t]*include[ \t]*<")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE ".*<(cjson/)?([^>]*)>.*" "\\2" header "${line}")
      foreach(pair IN LISTS owners)
        string(REGEX MATCH "^(.*)=(.*)$" pair "${pair}")
        if(header STREQUAL CMAKE_MATCH_1 AND NOT path STREQUAL CMAKE_MATCH_2)
          string(APPEND wrong "${path}: <${header}> belongs in ${CMAKE_MATCH_2} alone\n")
        endif()
      endforeach()
    endforeach()
  endforeach()
endforeach()
if(wrong)
  message(FATAL_ERROR "${wrong}")
endif()
