# Compiler settings shared by every target.

option(ARTIDX_WERROR "Treat warnings as errors" OFF)
option(ARTIDX_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(ARTIDX_COVERAGE "Instrument for branch coverage" OFF)
set(ARTIDX_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(artidx_options INTERFACE)
target_compile_definitions(artidx_options INTERFACE _GNU_SOURCE)
target_include_directories(artidx_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(artidx_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-qual -Wmissing-prototypes
  -Wstrict-prototypes -Wswitch-enum -Wvla -Wformat=2 -Wundef -Wwrite-strings
  -fstack-protector-strong -fno-common)
if(ARTIDX_WERROR)
  target_compile_options(artidx_options INTERFACE -Werror)
endif()
if(ARTIDX_SANITIZE)
  target_compile_options(artidx_options INTERFACE
    -fsanitize=${ARTIDX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(artidx_options INTERFACE -fsanitize=${ARTIDX_SANITIZE})
endif()
if(ARTIDX_FUZZ)
  target_compile_options(artidx_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ARTIDX_COVERAGE)
  target_compile_options(artidx_options INTERFACE --coverage)
  target_link_options(artidx_options INTERFACE --coverage)
endif()
